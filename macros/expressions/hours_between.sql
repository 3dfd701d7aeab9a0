{#-
    Hours from one time to a later one (below 0 if it is earlier), decimal(18,4), rounded half up.

        {{ hours_between('placed_at', 'delivered_at') }} as placed_to_delivered_hours
-#}
{% macro hours_between(start_at, end_at) -%}
    {{ ratio(micros_between(start_at, end_at), 3600000000, 4) }}
{%- endmacro %}
