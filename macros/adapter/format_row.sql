{#-
    A unit test's row: each value cast to its column's type, or an error.

    Defects: dbt casts the values by `safe_cast`, which gives NULL for what does not fit: a typing error in a row would
    be a NULL, and the test might pass. A struct, an array or a map is written as SQL, of which dbt escapes the quotes
    as if it stood inside a literal.
    Upstream: no report found; other adapters have the first. Repair: a plain cast, and SQL as it is written.

        expect:
          rows:
            - {order_id: 1, tags: "array('new', 'it\\'s')"}
-#}
{% macro format_row(row, column_name_to_data_types) %}
    {%- set casts = {} -%}
    {%- for name, value in row.items() -%}
        {%- set type = column_name_to_data_types.get(name | lower) -%}
        {%- if not type -%}
            {%- set given = 'expected output' if model.resource_type == 'unit_test' else "'" ~ model.name ~ "'" -%}
            {%- do exceptions.raise_compiler_error(
                "Invalid column name: '" ~ name | lower ~ "' in unit test fixture for " ~ given ~ '.\nAccepted columns for '
                ~ given ~ ' are: ' ~ column_name_to_data_types.keys() | list
            ) -%}
        {%- endif -%}
        {%- do casts.update({name | lower: 'cast(' ~ _fixture_value(value, type) ~ ' as ' ~ type ~ ')'}) -%}
    {%- endfor -%}
    {{ return(casts) }}
{% endmacro %}


{#- Text as a literal; for a column that no text can be cast to, it is the SQL of the value. -#}
{%- macro _fixture_value(value, type) -%}
    {%- if value is none -%}
        null
    {%- elif value is not string -%}
        {{ value }}
    {%- elif cast_from_string_unsupported_for(type) -%}
        {{ value }}
    {%- else -%}
        {{ dbt.string_literal(dbt.escape_single_quotes(value)) }}
    {%- endif -%}
{%- endmacro -%}
