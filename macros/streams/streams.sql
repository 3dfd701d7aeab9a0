{#- `stream` of each of several raw tables, for a model that unites them: asks the catalog once. -#}
{% macro streams(relations) %}
    {%- if not execute or _is_unit_test() or flags.EMPTY -%}
        {{ return(relations) }}
    {%- endif -%}
    {%- set subqueries = [] -%}
    {%- for upstream in _upstreams_of_this(relations) -%}
        {%- do subqueries.append(
            '(\n    ' ~ _stream_marker(upstream) ~ '\n    select * from ' ~ upstream.relation
            ~ _added_rows_clause(upstream) ~ '\n)'
        ) -%}
    {%- endfor -%}
    {{ return(subqueries) }}
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
