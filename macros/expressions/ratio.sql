{#-
    numerator ÷ denominator, rounded half up (away from zero) once, at `scale` digits; null where
    the denominator is 0 or either is null.

        {{ ratio('gmv_amount', 'orders_count', 2) }}   -- decimal(18,2)

    Exact for numbers of up to 26 digits before the point and 2 after it: the quotient is found by
    whole-number division, where Spark's own `/` would round a first time at a scale that depends
    on the operands' types.
-#}
{% macro ratio(numerator, denominator, scale=6) %}
    {%- set above = 'cast(' ~ numerator ~ ' as decimal(28, 2))' -%}
    {%- set below = 'cast(' ~ denominator ~ ' as decimal(28, 2))' -%}
    cast(
        if({{ above }} < 0, -1, 1) * if({{ below }} < 0, -1, 1)
        * ((abs({{ above }}) * {{ 2 * 10 ** scale }} + abs({{ below }})) div nullif(2 * abs({{ below }}), 0))
        * {{ '%.*f' % (scale, 10 ** -scale) }}
        as decimal(18, {{ scale }})
    )
{%- endmacro %}
