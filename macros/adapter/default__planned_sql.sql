{#-
    The query that an incremental model runs: its own. A project that works out from the model's SQL what little of
    it has to run overrides this as `spark__planned_sql`; `is_update` says whether the model's table stays.

        {% set query = adapter.dispatch('planned_sql')('merge', sql, is_update=true) %}
-#}
{% macro default__planned_sql(strategy, compiled, is_update) %}
    {{ return(compiled) }}
{% endmacro %}
