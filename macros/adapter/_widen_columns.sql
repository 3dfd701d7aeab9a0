{#-
    Columns of a table whose new rows have a wider type, made as wide: `append_new_columns` leaves them as they are, and
    then the first value that does not fit stops the model. Iceberg promotes int, float and decimals in place.
-#}
{%- macro _widen_columns(target, source) -%}
    {%- set made = {} -%}
    {%- for column in adapter.get_columns_in_relation(source) -%}
        {%- do made.update({column.name | lower: column.dtype}) -%}
    {%- endfor -%}
    {%- set changes = [] -%}
    {%- for column in adapter.get_columns_in_relation(target) -%}
        {%- set type = made.get(column.name | lower) -%}
        {%- if type and _is_wider(type, column.dtype) -%}
            {%- do changes.append(column.quoted ~ ' type ' ~ type) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if changes -%}
        {%- do run_query('alter table ' ~ target.render() ~ ' alter column ' ~ changes | join(', ')) -%}
    {%- endif -%}
{%- endmacro -%}


{%- macro _is_wider(type, than) -%}
    {%- set decimals = modules.re.fullmatch('decimal\\((\\d+),(\\d+)\\) decimal\\((\\d+),(\\d+)\\)', type ~ ' ' ~ than) -%}
    {%- if decimals -%}
        {%- set digits, scale, than_digits, than_scale = decimals.groups() -%}
        {{ return(digits | int > than_digits | int and scale == than_scale) }}
    {%- endif -%}
    {{ return((than, type) in [('int', 'bigint'), ('float', 'double')]) }}
{%- endmacro -%}
