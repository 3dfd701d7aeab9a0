{#-
    Rows of a unit test as `select * from values …`, one cast value for each of the columns; a column
    that a row does not name is null there.
-#}
{% macro _rows_as_values(rows, types, columns) -%}
    {%- set nulls = {} -%}
    {%- for column in columns -%}
        {%- do nulls.update({column: 'cast(null as ' ~ types[column] ~ ')'}) -%}
    {%- endfor -%}
    select * from values
    {%- for row in rows or [{}] %}
        {%- set values = dict(nulls, **format_row(row, types)) %}
        ({{ values.values() | map('trim') | join(', ') }}){{ ',' if not loop.last }}
    {%- endfor %}
        as given ({{ columns | join(', ') }})
    {%- if not rows %}
    limit 0
    {%- endif -%}
{%- endmacro %}
