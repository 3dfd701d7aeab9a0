{#- A text as Spark reads it back unchanged: a backslash begins an escape in its literals. -#}
{%- macro _text_literal(text) -%}
    {{ return("'" ~ text | replace('\\', '\\\\') | replace("'", "\\'") ~ "'") }}
{%- endmacro -%}
