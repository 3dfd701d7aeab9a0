{#-
    The rows of other models that changed since this model's own last commit, as subqueries.

        {%- set changes = changes_of(fct_order_items=['order_item_id']) -%}
        select placed_date from {{ changes.fct_order_items }}

    Each argument is a model and the columns of its unique key. The subquery holds every changed
    row as it is now and as it was at the last commit, so that a row which moved from one group
    to another touches both. Rows are found by Iceberg's row lineage, which survives compaction;
    where no row was replaced or deleted since, they are those of the files that were added.
    Unless every position is good, all rows of all models are given and the model is built anew.
    In dbt unit tests: the fixtures' rows; with --empty: none.
-#}
{% macro changes_of() %}
    {%- set relations = [] -%}
    {%- for name in kwargs -%}
        {%- do relations.append(ref(name)) -%}
    {%- endfor -%}
    {%- set changes = {} -%}
    {%- if not execute or _is_unit_test() or flags.EMPTY -%}
        {%- for name in kwargs -%}
            {%- do changes.update({name: relations[loop.index0]}) -%}
        {%- endfor -%}
        {{ return(changes) }}
    {%- endif -%}
    {%- for upstream in _stream_plan(relations) -%}
        {%- set rows = _changed_rows(upstream, kwargs[upstream.relation.identifier]) -%}
        {%- do changes.update({
            upstream.relation.identifier:
                '(\n    ' ~ _stream_marker(upstream) ~ '\n    ' ~ rows ~ '\n)'
        }) -%}
    {%- endfor -%}
    {{ return(changes) }}
{% endmacro %}


{%- macro _changed_rows(upstream, key) -%}
    {%- set now = 'select * from ' ~ upstream.relation -%}
    {%- if upstream.mode in ('full', 'rebuild') -%}
        {{ return(now) }}
    {%- elif upstream.mode == 'unchanged' or not upstream.is_replaced -%}
        {{ return(_added_rows(upstream)) }}
    {%- endif -%}
    {%- set changed -%}
        {{ now }} version as of {{ upstream.head }}
        where _last_updated_sequence_number > {{ upstream.position_sequence }}
    {%- endset -%}
    {{ return(
        changed
        ~ '\n    union all\n    select * from ' ~ upstream.relation
        ~ ' version as of ' ~ upstream.position
        ~ '\n    where (' ~ key | join(', ') ~ ') in (select ' ~ key | join(', ')
        ~ ' from (' ~ changed ~ '))'
    ) }}
{%- endmacro -%}
