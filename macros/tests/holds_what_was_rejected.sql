{#-
    A quarantine model holds just the versions that the rules reject, of all the raw tables it reads,
    as it has read them; so a row that silver does not take is always here, with the reason. A table
    loaded in full keeps no earlier loads, so what it once rejected is not looked for in it; nor is what
    has left the table since.
    Fails with one row per rejection missing or added.

        data_tests:
          - holds_what_was_rejected
-#}
{% test holds_what_was_rejected(model) %}
    {%- if execute %}
        {%- set offsets = _stream_offsets_of(model) %}
        {%- set reader = _model_of(model) %}
        {%- set tables_loaded_in_full = [] %}
        {%- set removed = ['false'] %}

with

rejected as (
        {%- for unique_id in reader.depends_on.nodes %}
            {%- set landed = graph.sources[unique_id] %}
            {%- set relation = api.Relation.create(schema=landed.schema, identifier=landed.identifier) %}
            {%- if landed.config.meta.ingestion.load == 'full' %}
                {%- do tables_loaded_in_full.append(landed.name) %}
            {%- endif %}
            {%- set removed_until = _removed_until(relation) %}
            {%- if removed_until %}
                {%- do removed.append(
                    "(table_name = '" ~ landed.name ~ "' and _ingested_at <= " ~ removed_until ~ ')'
                ) %}
            {%- endif %}
    select rejection_id, table_name, _ingested_at
    from (
        {{ rejected_rows(landed.source_name, landed.name, as_read_by(model, relation, offsets)) }}
    )
            {%- if not loop.last %}
    union all
            {%- endif %}
        {%- endfor %}
),

compared as (
    select distinct rejection_id, table_name, 1 as rejected_count
    from rejected
    where not ({{ removed | join(' or ') }})
    union all
    select rejection_id, table_name, -1 as rejected_count
    from {{ model }}
    where not ({{ removed | join(' or ') }})
)

select
    rejection_id,
    table_name,
    if(sum(rejected_count) > 0, 'rejected but not here', 'here but not rejected') as difference
from compared
group by rejection_id, table_name
having
    sum(rejected_count) > 0
    or (
        sum(rejected_count) < 0
        and not array_contains(split('{{ tables_loaded_in_full | join(',') }}', ','), table_name)
    )
    {%- endif %}

{% endtest %}
