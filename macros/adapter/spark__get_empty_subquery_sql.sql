{#-
    A query's columns without its rows, and without the `sql_header`, which has run by then. Part of the repair in
    `spark__create_table_as`.

        {{ get_empty_subquery_sql('select 1 as id') }}
-#}
{% macro spark__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
    {{ dbt.default__get_empty_subquery_sql(select_sql) }}
{% endmacro %}
