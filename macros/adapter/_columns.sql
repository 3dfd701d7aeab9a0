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


{#- Those of some columns that the others have too; their names do not differ by case alone. -#}
{%- macro _shared_columns(columns, others) -%}
    {%- set names = others | map(attribute='name') | map('lower') | list -%}
    {%- set shared = [] -%}
    {%- for column in columns if column.name | lower in names -%}
        {%- do shared.append(column) -%}
    {%- endfor -%}
    {{ return(shared) }}
{%- endmacro -%}


{#- Names and types of columns, whatever their order. -#}
{%- macro _described(columns) -%}
    {%- set described = {} -%}
    {%- for column in columns -%}
        {%- do described.update({column.name: column.dtype}) -%}
    {%- endfor -%}
    {{ return(described) }}
{%- endmacro -%}
