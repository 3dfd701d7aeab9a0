{#-
    A hash of what this model's rows follow from, beside its upstreams: its SQL and that of the ephemeral
    models it reads, its version columns and which version it keeps, the rules and the key of the raw tables it reads, its own or (for
    quarantine) those of their silver models, and what the seeds hold that it reads.

    It asks Spark for each seed, so it is found once per model and run, when the model is compiled;
    the materialization takes it from the markers of the streams.
-#}
{%- macro _definition() -%}
    {%- set inputs = _inputs_of(model) -%}
    {%- set rules = [model.config.meta.get('rules')] -%}
    {%- set others = [model.config.meta.get('key'), model.config.meta.get('keep')] -%}
    {%- for unique_id in inputs if unique_id in graph.sources -%}
        {%- set silver = _silver_model_of(unique_id) -%}
        {%- do rules.append(silver.config.meta.rules if silver else none) -%}
        {%- do others.append(silver.config.meta.get('key') if silver else none) -%}
    {%- endfor -%}
    {%- for unique_id in inputs if unique_id.startswith('seed.') -%}
        {%- do others.append(_content_of(graph.nodes[unique_id])) -%}
    {%- endfor -%}
    {%- for unique_id in inputs if _is_ephemeral(unique_id) -%}
        {%- do others.append(graph.nodes[unique_id].raw_code) -%}
    {%- endfor -%}
    {%- set parts = [rules, model.config.meta.get('version')] + others | select | list -%}
    {{ return(local_md5(model.raw_code ~ tojson(parts))) }}
{%- endmacro -%}


{#- The unique ids of what a model reads, by itself and by the ephemeral models it reads. -#}
{%- macro _inputs_of(node) -%}
    {%- set found = [] -%}
    {%- for unique_id in node.depends_on.nodes -%}
        {%- do found.append(unique_id) -%}
        {%- if _is_ephemeral(unique_id) -%}
            {%- do found.extend(_inputs_of(graph.nodes[unique_id])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | list) }}
{%- endmacro -%}


{%- macro _is_ephemeral(unique_id) -%}
    {{ return(unique_id in graph.nodes and graph.nodes[unique_id].config.materialized == 'ephemeral') }}
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
