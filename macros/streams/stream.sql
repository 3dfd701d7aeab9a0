{#-
    What was added to a raw table since this model's own last commit, as a subquery.

        select * from {{ stream(source('shop', 'orders')) }}

    By snapshot, not by time, so nothing can arrive too late. The position travels in a marker
    inside the compiled SQL; Firn's incremental materialization writes it into the snapshot that
    consumes the rows. First run, full refresh, a lost position or a replaced source: every row.
    In dbt unit tests: the fixture's rows.
-#}
{% macro stream(relation) %}
    {%- if not execute or _is_unit_test() -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- set upstream = _stream_plan([relation])[0] -%}
    {{ return(
        '(\n    ' ~ _stream_marker(upstream) ~ '\n    select * from ' ~ relation
        ~ _added_rows_clause(upstream) ~ '\n)'
    ) }}
{% endmacro %}


{%- macro _added_rows_clause(upstream) -%}
    {%- if upstream.head is none or upstream.mode == 'unchanged' -%}
        {{ return(' where false') }}
    {%- elif upstream.mode == 'incremental' -%}
        {{ return(
            " with (`start-snapshot-id` = '" ~ upstream.position
            ~ "', `end-snapshot-id` = '" ~ upstream.head ~ "')"
        ) }}
    {%- else -%}
        {{ return(' version as of ' ~ upstream.head) }}
    {%- endif -%}
{%- endmacro -%}
