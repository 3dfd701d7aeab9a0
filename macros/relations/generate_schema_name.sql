{#-
    The namespace a model lands in: exactly the one its folder names in dbt_project.yml,
    so that `silver.shop__orders` is called that on every target.

        models:
          firn:
            silver:
              +schema: silver    # dbt_project.yml; not <target schema>_silver
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
