{#-
    A text without spaces around it; null where nothing is left.

        {{ tidy_text('name') }} as name
-#}
{% macro tidy_text(text) -%}
    nullif(trim({{ text }}), '')
{%- endmacro %}
