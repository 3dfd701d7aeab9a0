{#-
    Whole microseconds from one time to a later one (below 0 if it is earlier), as bigint: the unit
    to sum and to average in, because hours and days are rounded.

        sum({{ micros_between('shipped_at', 'delivered_at') }})
-#}
{% macro micros_between(start_at, end_at) -%}
    (unix_micros({{ end_at }}) - unix_micros({{ start_at }}))
{%- endmacro %}
