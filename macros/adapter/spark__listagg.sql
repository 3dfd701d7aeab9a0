{#-
    The texts of a group as one, in an order.

    Defect: dbt-spark leaves `order_by_clause` out and warns: the order is the one in which Spark meets the rows, and of
    a limited number of texts so is the choice.
    Upstream: no report found. Repair: LISTAGG, which Spark has had since 4.0. A limit is taken by the unit separator
    (U+001F), which no text may contain then.

        {{ dbt.listagg('name', "', '", 'order by name', 3) }} as first_names
-#}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- set order = ' within group (' ~ order_by_clause ~ ')' if order_by_clause else '' -%}
    {%- if limit_num -%}
        replace(
            substring_index(listagg({{ measure }}, chr(31)){{ order }}, chr(31), {{ limit_num }}),
            chr(31), {{ delimiter_text }}
        )
    {%- else -%}
        listagg({{ measure }}, {{ delimiter_text }}){{ order }}
    {%- endif -%}
{%- endmacro %}
