{#-
    The rows a unit test gives, as one VALUES list. dbt's own writes one SELECT per row, joined by
    UNION ALL, and Spark makes a task of each in every stage that reads the fixture: a test of
    fifteen rows took a hundred tasks (seen: all gold unit tests 183 s, with this 70 s).

        given:
          - input: ref('shop__orders')
            rows:
              - {order_id: 1, placed_at: "2025-05-01 12:00:00"}    # becomes: select * from values (…) as given (…)
-#}
{% macro get_fixture_sql(rows, column_name_to_data_types) %}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(this) if not column_name_to_data_types -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- endfor -%}
    {%- do types.update(column_name_to_data_types or {}) -%}
    {%- if not types -%}
        {%- do exceptions.raise_compiler_error(
            'A unit test gives rows of ' ~ model.name ~ ', whose types are not known, because '
            ~ this ~ ' does not exist yet. Fix: dbt build --select +' ~ model.name
        ) -%}
    {%- endif -%}
    {{ _rows_as_values(rows, types, types.keys() | list) }}
{% endmacro %}
