{#-
    The rows a unit test expects, as one VALUES list, like the rows it gives (see `get_fixture_sql`).

        expect:
          rows:
            - {order_id: 1, total_amount: 9.90}    # becomes: select * from values (…) as given (…)
-#}
{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) %}
    {%- if rows -%}
        {{ _rows_as_values(rows, column_name_to_data_types, rows[0].keys() | map('lower') | list) }}
    {%- else -%}
        select * from dbt_internal_unit_test_actual limit 0
    {%- endif -%}
{% endmacro %}
