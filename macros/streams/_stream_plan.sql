{#-
    What each upstream relation has for this model: one dict per relation with

        relation            the upstream relation
        head, sequence      its current snapshot and that snapshot's sequence number
        offset,             the snapshot and sequence number this model consumed last
        offset_sequence     (none when there is no usable one)
        mode                'unchanged', 'incremental', 'full' or 'rebuild'
        is_replaced         whether rows were replaced or deleted since that offset
        definition          a hash of what this model is made by

    An offset is usable while it is an ancestor of the upstream's head and nothing but appends and
    deletes (raw) or row-lineage commits (format 3) came since; otherwise all relations are read in full,
    together, and the log says why. `rebuild`: in full as well, and nothing of the model's table stays:
    its own SQL, rules or version columns are others than last time, or an upstream was rolled back or
    replaced; of a table that rows have left, see `_removed_rows`.
-#}
{% macro _stream_plan(relations) %}
    {%- set plan = _upstreams_of_this(relations) -%}
    {%- set modes = plan | map(attribute='mode') | list -%}
    {%- if 'full' in modes -%}
        {%- for upstream in plan -%}
            {%- do upstream.update({'mode': 'full'}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(plan) }}
{% endmacro %}


{#- The same, each relation for itself, for a model that only adds what is new to it. -#}
{% macro _upstreams_of_this(relations) %}
    {%- set consumed = _stream_offsets_of(this) if is_incremental() else {} -%}
    {%- set definition = _definition() -%}
    {%- set histories = _histories(relations, consumed.get('streams', {})) -%}
    {%- set reason = _reason_to_rebuild(consumed, definition, histories) -%}
    {%- set is_edited = reason == 'its definition changed' -%}
    {%- set plan = [] -%}
    {%- for relation in relations -%}
        {%- set read_before = consumed.get('streams', {}).get(_stream_name(relation), {}) -%}
        {%- set offset = {} if reason else read_before -%}
        {%- set history = histories[_stream_name(relation)] -%}
        {%- do plan.append({
            'relation': relation,
            'head': history.head,
            'sequence': history.sequence,
            'offset': offset.get('snapshot'),
            'offset_sequence': offset.get('sequence'),
            'is_replaced': history.is_replaced,
            'mode': 'rebuild' if reason else _mode(relation, offset, history),
            'definition': definition,
        }) -%}
        {%- do _require_rows_removed(plan[-1], history, read_before if is_edited else offset) -%}
    {%- endfor -%}
    {%- if is_edited -%}
        {%- do _rebuild_or_keep(plan) -%}
    {%- elif reason -%}
        {%- do log(this ~ ' is rebuilt: ' ~ reason) -%}
    {%- endif -%}
    {{ return(plan) }}
{% endmacro %}


{#- How these relations, and all others that the model has read, came to their heads since its offsets, by name. -#}
{%- macro _histories(relations, offsets) -%}
    {%- set histories = {} -%}
    {%- set names = offsets | list -%}
    {%- for relation in relations -%}
        {%- do names.append(_stream_name(relation)) -%}
    {%- endfor -%}
    {%- for name in names | unique -%}
        {%- do histories.update({name: adapter.firn_snapshot_history(name, offsets.get(name, {}))}) -%}
    {%- endfor -%}
    {{ return(histories) }}
{%- endmacro -%}


{#-
    Why nothing of a model's table can stay, none when it can. All that it reads is asked, so that each stream of a
    model answers alike.
-#}
{%- macro _reason_to_rebuild(consumed, definition, histories) -%}
    {%- if not consumed -%}
        {{ return(none) }}
    {%- elif consumed.definition != definition -%}
        {{ return('its definition changed') }}
    {%- endif -%}
    {%- for name, history in histories.items() if history.is_undone -%}
        {{ return(name ~ ': ' ~ history.full_read.value) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro -%}


{%- macro _mode(relation, offset, history) -%}
    {%- if offset.get('snapshot') == history.head -%}
        {{ return('unchanged') }}
    {%- elif history.full_read is none -%}
        {{ return('incremental') }}
    {%- endif -%}
    {%- do log(this ~ ' reads all of ' ~ relation ~ ': ' ~ history.full_read.value) -%}
    {{ return('full') }}
{%- endmacro -%}


{#-
    What the commit of this model says of one of its upstreams, as a comment in the compiled SQL: the only
    thing that the compilation of a model hands over to its materialization.
-#}
{%- macro _stream_marker(upstream) -%}
    {%- set name = _stream_name(upstream.relation) -%}
    {%- set at = (upstream.head or 'none') ~ ':' ~ (upstream.sequence or '0') -%}
    {{ return(
        '/* firn:stream ' ~ name ~ ' ' ~ upstream.mode ~ ' ' ~ at ~ ' ' ~ upstream.definition ~ ' */'
    ) }}
{%- endmacro -%}


{#- The streams a compiled model consumes, from the markers in its SQL. -#}
{%- macro _streams_in(compiled) -%}
    {%- set streams = [] -%}
    {%- for name, mode, snapshot, sequence, definition in modules.re.findall(
        '/\* firn:stream (\S+) (\S+) (\S+):(\S+) (\S+) \*/', compiled
    ) -%}
        {%- do streams.append({
            'name': name, 'mode': mode, 'snapshot': snapshot, 'sequence': sequence, 'definition': definition,
        }) -%}
    {%- endfor -%}
    {{ return(streams) }}
{%- endmacro -%}


{%- macro _is_unit_test() -%}
    {{ return(model is defined and model.resource_type == 'unit_test') }}
{%- endmacro -%}
