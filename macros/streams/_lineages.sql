{#-
    How each upstream of a plan came to its head since the snapshot consumed last, in their order:

        sequence            the head's sequence number, 0 where the metadata no longer says
        is_position_known   whether that snapshot is still there, as the head or an ancestor of it
        is_replaced         whether a commit since replaced or deleted rows

    One query for all of them, without joins: what a query costs here is mostly its planning.
-#}
{% macro _lineages(upstreams) %}
    {%- set lineages = [] -%}
    {%- set histories = _histories(upstreams | map(attribute='relation') | list) -%}
    {%- for upstream in upstreams -%}
        {%- do lineages.append(_lineage(histories[loop.index0], upstream.head, upstream.position)) -%}
    {%- endfor -%}
    {{ return(lineages) }}
{% endmacro %}


{%- macro _histories(relations) -%}
    {%- set query -%}
        {%- for relation in relations %}
        select
            {{ loop.index0 }} as place,
            cast(snapshot_id as string) as snapshot,
            cast(parent_id as string) as parent,
            operation,
            cast(null as bigint) as sequence
        from {{ relation }}.snapshots
        union all
        select
            {{ loop.index0 }} as place,
            cast(latest_snapshot_id as string) as snapshot,
            null as parent,
            null as operation,
            latest_sequence_number as sequence
        from {{ relation }}.metadata_log_entries
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    {%- endset -%}
    {%- set histories = [] -%}
    {%- for relation in relations -%}
        {%- do histories.append({'commits': {}, 'sequences': {}}) -%}
    {%- endfor -%}
    {%- for row in run_query(query).rows -%}
        {%- set history = histories[row['place'] | int] -%}
        {%- if row['operation'] -%}
            {%- do history.commits.update({row['snapshot']: row}) -%}
        {%- elif row['snapshot'] -%}
            {%- set known = history.sequences.get(row['snapshot'], row['sequence']) -%}
            {%- do history.sequences.update({row['snapshot']: [known, row['sequence']] | min}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(histories) }}
{%- endmacro -%}


{%- macro _lineage(history, head, consumed) -%}
    {%- set walk = namespace(snapshot=head, is_replaced=false) -%}
    {%- for _ in history.commits -%}
        {%- if walk.snapshot != consumed and walk.snapshot in history.commits -%}
            {%- set commit = history.commits[walk.snapshot] -%}
            {%- if commit['operation'] in ('overwrite', 'delete') -%}
                {%- set walk.is_replaced = true -%}
            {%- endif -%}
            {%- set walk.snapshot = commit['parent'] -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({
        'sequence': history.sequences.get(head, 0) | int,
        'is_position_known': walk.snapshot == consumed and consumed in history.commits,
        'is_replaced': walk.is_replaced,
    }) }}
{%- endmacro -%}
