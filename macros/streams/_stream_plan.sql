{#-
    What each upstream relation has for this model: one dict per relation with

        relation            the upstream relation
        head, sequence      its current snapshot and that snapshot's sequence number
        offset,             the snapshot and sequence number this model consumed last
        offset_sequence     (none when there is no usable one)
        mode                'unchanged', 'incremental', 'full' or 'rebuild'
        is_replaced         whether rows were replaced or deleted since that offset
        definition          a hash of what this model is made by

    An offset is usable while it is an ancestor of the upstream's head and nothing but appends
    (raw) or row-lineage commits (format 3) came since; otherwise all relations are read in full,
    together, and the log says why. `rebuild`: in full as well, because the model's own SQL, rules
    or version columns are others than last time.
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
    {%- set is_edited = is_incremental() and consumed and consumed.definition != definition -%}
    {%- if is_edited -%}
        {%- do log(this ~ ' is rebuilt: its definition changed') -%}
    {%- endif -%}
    {%- set plan = [] -%}
    {%- for relation in relations -%}
        {%- set offset = {} if is_edited else consumed.get('streams', {}).get(_stream_name(relation), {}) -%}
        {%- set history = adapter.firn_snapshot_history(_stream_name(relation), offset.get('snapshot')) -%}
        {%- do plan.append({
            'relation': relation,
            'head': history.head,
            'sequence': history.sequence,
            'offset': offset.get('snapshot'),
            'offset_sequence': offset.get('sequence'),
            'is_replaced': history.is_replaced,
            'mode': 'rebuild' if is_edited else _mode(relation, offset, history),
            'definition': definition,
        }) -%}
    {%- endfor -%}
    {{ return(plan) }}
{% endmacro %}


{%- macro _mode(relation, offset, history) -%}
    {%- if offset.get('snapshot') == history.head -%}
        {{ return('unchanged') }}
    {%- elif not offset -%}
        {%- set reason = 'it was not read before, or the model is rebuilt' -%}
    {%- elif not history.is_position_known -%}
        {%- set reason = 'the snapshot read last is no ancestor of the current one' -%}
    {%- elif history.is_replaced and relation.schema.startswith('raw_') -%}
        {%- set reason = 'it was replaced since' -%}
    {%- else -%}
        {{ return('incremental') }}
    {%- endif -%}
    {%- do log(this ~ ' reads all of ' ~ relation ~ ': ' ~ reason) -%}
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
