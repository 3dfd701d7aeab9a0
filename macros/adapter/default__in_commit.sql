{#-
    Runs the statement that commits a model's rows. A project that has to set something before it, and to
    reset it after, overrides this as `spark__in_commit`.
-#}
{% macro default__in_commit(compiled) %}
    {{ caller() }}
{% endmacro %}
