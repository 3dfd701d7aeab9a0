{#-
    What an incremental model that has its table does: 'update' by its strategy, 'create' (replace) it, or 'skip'.
    A project that knows more of its models overrides it as `spark__incremental_action`.

        {% macro spark__incremental_action(strategy, compiled) %}
            {{ return('skip' if is_holiday() else 'update') }}
        {% endmacro %}
-#}
{% macro default__incremental_action(strategy, compiled) %}
    {{ return('update') }}
{% endmacro %}
