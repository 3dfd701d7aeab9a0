{#-
    What an incremental model that has its table does: 'update' by its strategy, 'create' it anew, or 'skip'.
    A project that knows more of its models overrides it as `spark__incremental_action`.
-#}
{% macro default__incremental_action(strategy, compiled) %}
    {{ return('update') }}
{% endmacro %}
