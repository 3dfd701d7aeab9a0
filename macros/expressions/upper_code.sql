{#-
    A code typed by hand, in one spelling: trimmed, in upper case, 'unknown' where it is missing.

        {{ upper_code('country') }} as country
-#}
{% macro upper_code(text) -%}
    coalesce(upper({{ tidy_text(text) }}), 'unknown')
{%- endmacro %}
