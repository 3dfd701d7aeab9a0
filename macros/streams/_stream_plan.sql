{#-
    What each upstream relation has for this model: one dict per relation with

        relation            the upstream relation
        head, sequence      its current snapshot and that snapshot's sequence number
        position,           the snapshot and sequence number this model consumed last
        position_sequence   (none when there is no usable one)
        mode                'unchanged', 'incremental', 'full' or 'rebuild'
        is_replaced         whether rows were replaced or deleted since that position

    A position is usable while it is an ancestor of the upstream's head and nothing but appends
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
    {%- set consumed = _positions_of(this) if is_incremental() else {} -%}
    {%- set is_edited = is_incremental() and consumed and consumed.definition != _definition() -%}
    {%- if is_edited -%}
        {%- do log(this ~ ' is built anew: its definition changed') -%}
    {%- endif -%}
    {%- set plan = [] -%}
    {%- for relation in relations -%}
        {%- set position = {} if is_edited else consumed.get('streams', {}).get(_stream_name(relation), {}) -%}
        {%- set lineage = adapter.firn_lineage(_stream_name(relation), position.get('snapshot')) -%}
        {%- do plan.append({
            'relation': relation,
            'head': lineage.head,
            'sequence': lineage.sequence,
            'position': position.get('snapshot'),
            'position_sequence': position.get('sequence'),
            'is_replaced': lineage.is_replaced,
            'mode': 'rebuild' if is_edited else _mode(relation, position, lineage),
        }) -%}
    {%- endfor -%}
    {{ return(plan) }}
{% endmacro %}


{%- macro _mode(relation, position, lineage) -%}
    {%- if position.get('snapshot') == lineage.head -%}
        {{ return('unchanged') }}
    {%- elif not position -%}
        {%- set reason = 'it was not read before, or the model is built anew' -%}
    {%- elif not lineage.is_position_known -%}
        {%- set reason = 'the snapshot read last is no ancestor of the current one' -%}
    {%- elif lineage.is_replaced and relation.schema.startswith('raw_') -%}
        {%- set reason = 'it was replaced since' -%}
    {%- else -%}
        {{ return('incremental') }}
    {%- endif -%}
    {%- do log(this ~ ' reads all of ' ~ relation ~ ': ' ~ reason) -%}
    {{ return('full') }}
{%- endmacro -%}


{#-
    What a model's rows follow from, beside its upstreams: its SQL, its version columns, the rules and
    the key of the raw tables it reads, its own or (for quarantine) those of their silver models, and
    what the seeds hold that it reads.
-#}
{%- macro _definition() -%}
    {%- set rules = [model.config.meta.get('rules')] -%}
    {%- set others = [model.config.meta.get('key')] -%}
    {%- for unique_id in model.depends_on.nodes if unique_id in graph.sources -%}
        {%- set silver = _silver_model_of(unique_id) -%}
        {%- do rules.append(silver.config.meta.rules if silver else none) -%}
        {%- do others.append(silver.config.meta.get('key') if silver else none) -%}
    {%- endfor -%}
    {%- for unique_id in model.depends_on.nodes if unique_id.startswith('seed.') -%}
        {%- do others.append(_content_of(graph.nodes[unique_id])) -%}
    {%- endfor -%}
    {%- set parts = [rules, model.config.meta.get('version')] + others | select | list -%}
    {{ return(local_md5(model.raw_code ~ tojson(parts))) }}
{%- endmacro -%}


{#- A hash of a seed's rows as they stand in the lake. -#}
{%- macro _content_of(seed) -%}
    {%- set relation = api.Relation.create(schema=seed.schema, identifier=seed.alias) -%}
    {%- if load_relation(relation) is none -%}
        {{ return('missing') }}
    {%- endif -%}
    {%- set query -%}
        select sha2(array_join(array_sort(collect_list(to_json(struct(*)))), ','), 256) as content
        from {{ relation }}
    {%- endset -%}
    {{ return(run_query(query).rows[0]['content']) }}
{%- endmacro -%}


{%- macro _stream_marker(upstream) -%}
    {%- set name = _stream_name(upstream.relation) -%}
    {%- set at = (upstream.head or 'none') ~ ':' ~ (upstream.sequence or '0') -%}
    {{ return('/* firn:stream ' ~ name ~ ' ' ~ upstream.mode ~ ' ' ~ at ~ ' */') }}
{%- endmacro -%}


{%- macro _is_unit_test() -%}
    {{ return(model is defined and model.resource_type == 'unit_test') }}
{%- endmacro -%}
