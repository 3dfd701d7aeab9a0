{#-
    The name of a place typed by hand, in one spelling: trimmed, a capital after each space, hyphen
    and apostrophe, all else in lower case; null where it is missing. (`initcap` alone would make
    `L'aquila` of `L'Aquila`.)

        {{ place_name('city') }} as city
-#}
{% macro place_name(text) -%}
    array_join(
        transform(split({{ tidy_text(text) }}, "(?<=[-' ])"), part -> initcap(part)), ''
    )
{%- endmacro %}
