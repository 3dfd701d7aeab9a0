{#-
    Strategy `rebuild`: the table is always replaced (`spark__incremental_action` says so), so that there is no SQL which
    adds new rows. dbt knows by this macro that the strategy exists.

        {{ config(incremental_strategy='rebuild') }}
-#}
{% macro get_incremental_rebuild_sql(arguments) %}
    {%- do exceptions.raise_compiler_error(arguments.target_relation ~ ': strategy rebuild adds no rows.') -%}
{% endmacro %}
