{#-
    What each upstream relation has for this model: one dict per relation with

        relation            the upstream relation
        head, sequence      its current snapshot and that snapshot's sequence number
        position,           the snapshot and sequence number this model consumed last
        position_sequence   (none when there is no usable one)
        mode                'unchanged', 'incremental', 'full' or 'rebuild'

    A position is usable while it is an ancestor of the upstream's head and nothing but appends
    (raw) or row-lineage commits (format 3) came since; otherwise all relations are read in full,
    together, and the log says why. `rebuild`: in full as well, because the model's own SQL, rules
    or version columns are others than last time.
-#}
{% macro _stream_plan(relations) %}
    {%- set positions = _positions_of(this) if is_incremental() else {} -%}
    {%- set is_edited = positions and positions.get('definition', {}).get('snapshot') != _definition() -%}
    {%- set heads = _heads(relations) -%}
    {%- set plan = [] -%}
    {%- for relation in relations -%}
        {%- do plan.append(_planned(relation, heads[loop.index0], {} if is_edited else positions)) -%}
    {%- endfor -%}
    {%- if is_edited -%}
        {%- do log(this ~ ' is built anew: its definition changed') -%}
    {%- endif -%}
    {%- if is_edited or plan | selectattr('mode', 'equalto', 'full') | list -%}
        {%- for upstream in plan -%}
            {%- do upstream.update({'mode': 'rebuild' if is_edited else 'full'}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(plan) }}
{% endmacro %}


{%- macro _planned(relation, head, positions) -%}
    {%- set position = positions.get(_stream_name(relation), {}) -%}
    {%- set upstream = {
        'relation': relation,
        'head': head,
        'sequence': position.sequence,
        'position': position.snapshot,
        'position_sequence': position.sequence,
        'mode': 'unchanged',
    } -%}
    {%- if (position.snapshot or none) != head or not is_incremental() -%}
        {%- set lineage = _lineage(relation, position.snapshot or '-1') -%}
        {%- do upstream.update({
            'sequence': lineage.sequence,
            'mode': _moved_mode(relation, position, lineage),
        }) -%}
    {%- endif -%}
    {{ return(upstream) }}
{%- endmacro -%}


{%- macro _moved_mode(relation, position, lineage) -%}
    {%- if not position -%}
        {%- set reason = 'it was not read before, or the model is built anew' -%}
    {%- elif not lineage.is_position_known -%}
        {%- set reason = 'the snapshot read last is no ancestor of the current one' -%}
    {%- elif lineage.replaced_count > 0 and relation.schema.startswith('raw_') -%}
        {%- set reason = 'it was replaced since' -%}
    {%- else -%}
        {{ return('incremental') }}
    {%- endif -%}
    {%- do log(this ~ ' reads all of ' ~ relation ~ ': ' ~ reason) -%}
    {{ return('full') }}
{%- endmacro -%}


{#- What a model's rows follow from, beside its upstreams: its SQL, and its rules and version. -#}
{%- macro _definition() -%}
    {%- set meta = model.config.meta -%}
    {{ return(local_md5(model.raw_code ~ tojson([meta.get('rules'), meta.get('version')]))) }}
{%- endmacro -%}


{%- macro _stream_marker(upstream) -%}
    {%- set name = _stream_name(upstream.relation) -%}
    {%- set at = (upstream.head or 'none') ~ ':' ~ (upstream.sequence or '0') -%}
    {{ return('/* firn:stream ' ~ name ~ ' ' ~ upstream.mode ~ ' ' ~ at ~ ' */') }}
{%- endmacro -%}


{%- macro _is_unit_test() -%}
    {{ return(model is defined and model.resource_type == 'unit_test') }}
{%- endmacro -%}
