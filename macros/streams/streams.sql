{#-
    `stream` of each of several raw tables, for a model that unites them: asks the catalog once.

        {%- set new_rows = streams([source('shop', 'orders'), source('shop', 'returns')]) %}
        select * from {{ new_rows[0] }}
-#}
{% macro streams(relations) %}
    {%- if not execute or _is_unit_test() or flags.EMPTY or var('publication', none) -%}
        {{ return(relations) }}
    {%- endif -%}
    {%- set subqueries = [] -%}
    {%- for upstream in _upstreams_of_this(relations) -%}
        {%- do subqueries.append('(\n    ' ~ _stream_marker(upstream) ~ '\n    ' ~ _added_rows(upstream) ~ '\n)') -%}
    {%- endfor -%}
    {{ return(subqueries) }}
{% endmacro %}


{#-
    The rows of the files that were added since, or all rows.

    Defect: a query that reads a table twice, once with options, reads it with them in both places or in neither.
    Upstream: SPARK-58330, fixed after Spark 4.1.
    Repair: the table by the name of its branch, which Spark takes for another table.
-#}
{%- macro _added_rows(upstream) -%}
    {%- set rows = 'select * from ' ~ upstream.relation -%}
    {%- if upstream.head is none or upstream.mode == 'unchanged' -%}
        {{ return(rows ~ ' where false') }}
    {%- elif upstream.mode == 'incremental' -%}
        {{ return(
            rows ~ ".branch_main with (`start-snapshot-id` = '" ~ upstream.offset
            ~ "', `end-snapshot-id` = '" ~ upstream.head ~ "')"
        ) }}
    {%- else -%}
        {{ return(rows ~ ' version as of ' ~ upstream.head) }}
    {%- endif -%}
{%- endmacro -%}
