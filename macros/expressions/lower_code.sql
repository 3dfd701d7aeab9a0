{#-
    A code typed by hand, in one spelling: trimmed, in lower case, 'unknown' where it is missing.

        {{ lower_code('carrier') }} as carrier
-#}
{% macro lower_code(text) -%}
    coalesce(lower({{ tidy_text(text) }}), 'unknown')
{%- endmacro %}
