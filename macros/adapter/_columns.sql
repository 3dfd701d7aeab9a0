{#- Lists of columns, as a MERGE needs them. -#}


{%- macro _prefixed(columns, alias) -%}
    {%- set names = [] -%}
    {%- for column in columns -%}
        {%- do names.append(alias ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro -%}


{%- macro _assignments(columns, target, source) -%}
    {%- for column in columns -%}
        {{ target }}.{{ column }} = {{ source }}.{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}


{#- The columns of a table that the new rows have too; their names do not differ by case alone. -#}
{%- macro _columns_of_both(target, source) -%}
    {%- set made = adapter.get_columns_in_relation(source) | map(attribute='name') | map('lower') | list -%}
    {%- set both = [] -%}
    {%- for column in adapter.get_columns_in_relation(target) if column.name | lower in made -%}
        {%- do both.append(column) -%}
    {%- endfor -%}
    {{ return(both) }}
{%- endmacro -%}
