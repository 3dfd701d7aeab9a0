{#-
    A view, after the model's `sql_header`. Part of the repair in `spark__create_table_as`.

        {{ create_view_as(this, 'select 1 as id') }}
-#}
{% macro spark__create_view_as(relation, sql) %}
    {%- do _run_sql_header() -%}
    {{ dbt.spark__create_view_as(relation, sql) }}
{% endmacro %}
