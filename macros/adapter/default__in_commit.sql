{#-
    Runs the statement that commits a model's rows. A project that has to set something before it, and to
    reset it after, overrides this as `spark__in_commit`.

        {% macro spark__in_commit(compiled) %}
            {% do run_query("set my.session.setting = 'on'") %}
            {{ caller() }}
        {% endmacro %}
-#}
{% macro default__in_commit(compiled) %}
    {{ caller() }}
{% endmacro %}
