{#-
    A percentile of durations, in hours, decimal(18,4), with linear interpolation between the two
    durations next to it (as `percentile_cont` does, but in whole numbers, so that it is exact).
    `sorted_micros` is a column with the durations in microseconds as a sorted array; an empty
    array gives null.

        {{ percentile_hours('sorted_micros', 95) }}
-#}
{% macro percentile_hours(sorted_micros, percent) %}
    {%- set place = '(' ~ percent ~ ' * (size(' ~ sorted_micros ~ ') - 1))' -%}
    {%- set below = 'get(' ~ sorted_micros ~ ', cast(' ~ place ~ ' div 100 as int))' -%}
    {%- set above = 'get(' ~ sorted_micros ~ ', cast((' ~ place ~ ' + 99) div 100 as int))' -%}
    {%- set hundredfold_micros =
        '(' ~ below ~ ' * 100 + (' ~ above ~ ' - ' ~ below ~ ') * (' ~ place ~ ' % 100))' -%}
    {{ ratio(hundredfold_micros, 360000000000, 4) }}
{%- endmacro %}
