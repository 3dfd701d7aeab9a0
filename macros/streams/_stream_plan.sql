{#-
    What each upstream relation has for this model: one dict per relation with

        relation            the upstream relation
        head, sequence      its current snapshot and that snapshot's sequence number
        position,           the snapshot and sequence number this model consumed last
        position_sequence   (none when there is no usable one)
        mode                'unchanged', 'incremental' or 'full'

    The position stands in this model's own snapshots (newest current ancestor that carries the
    key), so it is exactly as old as the data. It is usable while it is an ancestor of the
    upstream's head and nothing but appends (raw) or row-lineage commits (format 3) came since;
    otherwise the reason is logged and all relations are read in full, together. With
    `heeds_definition`, so are they when the model's own SQL is another than last time.
-#}
{% macro _stream_plan(relations, heeds_definition=false) %}
    {%- set positions = _consumed_positions() if is_incremental() else {} -%}
    {%- if heeds_definition and positions and _definition_changed(positions) -%}
        {%- do log(this ~ ' is built anew: its SQL changed') -%}
        {%- set positions = {} -%}
    {%- endif -%}
    {%- set plan = [] -%}
    {%- for row in run_query(_upstream_heads_query(relations, positions)).rows -%}
        {%- set relation = relations[row['relation_number'] | int] -%}
        {%- set position = positions.get(_stream_name(relation)) -%}
        {%- set mode = _stream_mode(relation, row, position) -%}
        {%- do plan.append({
            'relation': relation,
            'head': row['head'],
            'sequence': row['sequence'],
            'position': position.snapshot if position else none,
            'position_sequence': position.sequence if position else none,
            'mode': mode,
        }) -%}
    {%- endfor -%}
    {%- if plan | selectattr('mode', 'equalto', 'full') | list -%}
        {%- for upstream in plan -%}
            {%- do upstream.update({'mode': 'full'}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(plan) }}
{% endmacro %}


{%- macro _stream_mode(relation, row, position) -%}
    {%- if not is_incremental() -%}
        {{ return('full') }}
    {%- elif position is none or not position -%}
        {%- set reason = 'it has not been read before' -%}
    {%- elif position.snapshot == row['head'] -%}
        {{ return('unchanged') }}
    {%- elif not row['is_position_known'] -%}
        {%- set reason = 'the snapshot read last is no ancestor of the current one' -%}
    {%- elif row['replaced_count'] > 0 and relation.schema.startswith('raw_') -%}
        {%- set reason = 'it was replaced since' -%}
    {%- else -%}
        {{ return('incremental') }}
    {%- endif -%}
    {%- do log(this ~ ' reads all of ' ~ relation ~ ': ' ~ reason) -%}
    {{ return('full') }}
{%- endmacro -%}


{%- macro _definition_changed(positions) -%}
    {{ return(positions.get('definition', {}).get('snapshot') != local_md5(model.raw_code)) }}
{%- endmacro -%}


{#- {stream name: {snapshot, sequence}} as this model's own commits say it. -#}
{%- macro _consumed_positions() -%}
    {%- set query -%}
        select
            key as stream,
            max_by(value, made_current_at) as position
        from (
            select
                history.made_current_at,
                explode(snapshots.summary) as (key, value)
            from {{ this }}.history as history
            inner join {{ this }}.snapshots as snapshots
                on history.snapshot_id = snapshots.snapshot_id
            where history.is_current_ancestor
        )
        where startswith(key, '{{ _stream_key_prefix() }}')
        group by key
    {%- endset -%}
    {%- set positions = {} -%}
    {%- for row in run_query(query).rows -%}
        {%- set snapshot, sequence = row['position'].split(':') -%}
        {%- do positions.update({
            row['stream'][_stream_key_prefix() | length:]:
                {'snapshot': snapshot, 'sequence': sequence},
        }) -%}
    {%- endfor -%}
    {{ return(positions) }}
{%- endmacro -%}


{#- One row per relation: its head, and how the position consumed last relates to it. -#}
{%- macro _upstream_heads_query(relations, positions) -%}
    {%- for relation in relations %}
        {%- set position = positions.get(_stream_name(relation)) %}
        {%- set consumed = position.snapshot if position else '-1' %}
        select
            '{{ loop.index0 }}' as relation_number,
            cast(entries.head as string) as head,
            cast(entries.sequence as string) as sequence,
            coalesce(lineage.is_position_known, false) as is_position_known,
            coalesce(lineage.replaced_count, 0) as replaced_count
        from (
            select
                max_by(latest_snapshot_id, timestamp) as head,
                max_by(latest_sequence_number, timestamp) as sequence
            from {{ relation }}.metadata_log_entries
        ) as entries
        cross join (
            select
                bool_or(history.snapshot_id = {{ consumed }}) as is_position_known,
                count_if(
                    snapshots.operation in ('overwrite', 'delete')
                    and history.made_current_at > consumed.made_current_at
                ) as replaced_count
            from {{ relation }}.history as history
            inner join {{ relation }}.snapshots as snapshots
                on history.snapshot_id = snapshots.snapshot_id
            left join (
                select max(made_current_at) as made_current_at
                from {{ relation }}.history
                where snapshot_id = {{ consumed }}
            ) as consumed
                on true
            where history.is_current_ancestor
        ) as lineage
        {%- if not loop.last %}
        union all
        {%- endif %}
    {%- endfor %}
{%- endmacro -%}


{%- macro _stream_name(relation) -%}
    {{ return(relation.schema ~ '.' ~ relation.identifier) }}
{%- endmacro -%}


{#- The key names its model, because a Spark session is shared by all of dbt's threads. -#}
{%- macro _stream_key_prefix() -%}
    {{ return('firn.stream.' ~ this.schema ~ '.' ~ this.identifier ~ '/') }}
{%- endmacro -%}


{%- macro _stream_marker(upstream) -%}
    {%- set name = _stream_name(upstream.relation) -%}
    {%- set at = (upstream.head or 'none') ~ ':' ~ (upstream.sequence or '0') -%}
    {{ return('/* firn:stream ' ~ name ~ ' ' ~ upstream.mode ~ ' ' ~ at ~ ' */') }}
{%- endmacro -%}


{%- macro _is_unit_test() -%}
    {{ return(model is defined and model.resource_type == 'unit_test') }}
{%- endmacro -%}
