{#-
    Runs the statements that update an incremental model, its caller, with the query of the model's new rows. A
    project that has to make something for them before, and to take it away after, overrides this as
    `spark__in_update`.

        {% macro spark__in_update(strategy, compiled) %}
            {% do run_query('cache table wanted as select id from wanted_today') %}
            {{ caller(compiled | replace('wanted_today', 'wanted')) }}
            {% do run_query('drop view wanted') %}
        {% endmacro %}
-#}
{% macro default__in_update(strategy, compiled) %}
    {{ caller(compiled) }}
{% endmacro %}
