{#- The current snapshot of each relation, in their order; none for a table without a commit. -#}
{% macro _heads(relations) %}
    {%- set query -%}
        {%- for relation in relations %}
        select {{ loop.index0 }} as place, cast(snapshot_id as string) as head
        from {{ relation }}.refs
        where name = 'main'
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    {%- endset -%}
    {%- set heads = {} -%}
    {%- for row in run_query(query).rows -%}
        {%- do heads.update({row['place'] | int: row['head']}) -%}
    {%- endfor -%}
    {%- set in_order = [] -%}
    {%- for relation in relations -%}
        {%- do in_order.append(heads.get(loop.index0)) -%}
    {%- endfor -%}
    {{ return(in_order) }}
{% endmacro %}


{#-
    How a relation came to its head: that snapshot's sequence number, whether the snapshot consumed
    last is an ancestor, and how many commits since replaced or deleted rows.
-#}
{%- macro _lineage(relation, consumed) -%}
    {%- set query -%}
        select
            (
                select cast(max_by(latest_sequence_number, timestamp) as string)
                from {{ relation }}.metadata_log_entries
            ) as sequence,
            coalesce(bool_or(snapshot_id = {{ consumed }}), false) as is_position_known,
            count_if(operation in ('overwrite', 'delete') and made_current_at > consumed_at)
                as replaced_count
        from (
            select
                history.snapshot_id,
                history.made_current_at,
                snapshots.operation,
                max(if(history.snapshot_id = {{ consumed }}, history.made_current_at, null)) over ()
                    as consumed_at
            from {{ relation }}.history as history
            inner join {{ relation }}.snapshots as snapshots
                on history.snapshot_id = snapshots.snapshot_id
            where history.is_current_ancestor
        )
    {%- endset -%}
    {{ return(run_query(query).rows[0]) }}
{%- endmacro -%}
