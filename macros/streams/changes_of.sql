{#-
    The rows of other models that changed since this model's own last commit, as subqueries.

        {%- set changes = changes_of(fct_order_items=['order_item_id']) -%}
        select placed_date from {{ changes.fct_order_items }}

    Each argument is the name of a model, whatever its table is called (`alias`), and the columns of its
    unique key. The subquery holds every changed row as it is now and as it was at the last commit, so
    that a row which moved from one group to another affects both, and one that was deleted the group it
    was in. Rows are found by Iceberg's row lineage, which survives compaction and needs no key; where no
    row was replaced or deleted since, they are those of the files that were added. Unless every offset is good, all rows of all models are given and the
    model is rebuilt. In dbt unit tests: the fixtures' rows; with --empty: none.
-#}
{% macro changes_of() %}
    {%- set names = kwargs.keys() | list -%}
    {%- set relations = [] -%}
    {%- for name in names -%}
        {%- do relations.append(ref(name)) -%}
    {%- endfor -%}
    {%- if not execute or _is_unit_test() or flags.EMPTY or var('publication', none) -%}
        {{ return(dict(zip(names, relations))) }}
    {%- endif -%}
    {%- set changes = {} -%}
    {%- for name, upstream in zip(names, _stream_plan(relations)) -%}
        {%- set rows = _changed_rows(upstream) -%}
        {%- do changes.update({name: '(\n    ' ~ _stream_marker(upstream) ~ '\n    ' ~ rows ~ '\n)'}) -%}
    {%- endfor -%}
    {{ return(changes) }}
{% endmacro %}


{%- macro _changed_rows(upstream) -%}
    {%- set now = 'select * from ' ~ upstream.relation -%}
    {%- if upstream.mode in ('full', 'rebuild') -%}
        {{ return(now) }}
    {%- elif upstream.mode == 'unchanged' or not upstream.is_replaced -%}
        {{ return(_added_rows(upstream)) }}
    {%- endif -%}
    {{ return(_rows_as_they_are_now(upstream) ~ '\n    union all\n    ' ~ _rows_as_they_were(upstream)) }}
{%- endmacro -%}


{%- macro _rows_as_they_are_now(upstream) -%}
    select * from {{ upstream.relation }} version as of {{ upstream.head }}
    where _last_updated_sequence_number > {{ upstream.offset_sequence }}
{%- endmacro -%}


{#-
    The old rows that are not in the table any more as they were: updated or deleted, by whatever statement. A row that a
    statement only moved to another file keeps its id and the number of its last update.
-#}
{%- macro _rows_as_they_were(upstream) -%}
    select before.* from {{ upstream.relation }} version as of {{ upstream.offset }} as before
    left anti join (
        select _row_id from {{ upstream.relation }} version as of {{ upstream.head }}
        where _last_updated_sequence_number <= {{ upstream.offset_sequence }}
    ) as kept
        on before._row_id = kept._row_id
{%- endmacro -%}
