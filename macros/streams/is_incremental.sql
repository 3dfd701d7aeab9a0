{#-
    dbt's own, for dynamic tables too: whether the model's table is there to be added to, and is not made anew.

        {% if is_incremental() %} where order_id > 5 {% endif %}
-#}
{% macro is_incremental() %}
    {%- if not execute -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set existing = load_relation(this) -%}
    {{ return(
        existing is not none
        and existing.type == 'table'
        and model.config.materialized in ('incremental', 'dynamic_table')
        and not should_full_refresh()
    ) }}
{% endmacro %}
