{#-
    The namespace a model lands in: exactly the one its folder names in dbt_project.yml,
    so that `silver.shop__orders` is called that on every target.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
