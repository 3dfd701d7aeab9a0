{#-
    A silver model holds just what was landed: for each key that has a usable version the newest of
    them (with `meta.keep: first` the first), deleted or not as it says, and nothing else. So what was landed is either in silver, or
    superseded by what is, or broke a rule (and is in quarantine). Compared with the landed table as
    the model has read it, so rows landed since then are no difference. Where rows have left the landed
    table, those landed after them are compared. Fails with one row per key missing, added or in another
    version.

        data_tests:
          - accounts_for_every_row:
              arguments:
                landed: source('shop', 'orders')
-#}
{% test accounts_for_every_row(model, landed) %}
    {%- set model_name = _model_of(model).name if execute else none -%}
    {%- set declared = _declared_config(model_name) if execute else {'meta': {'version': []}} -%}
    {%- set compared = [declared.unique_key]
        + (declared.meta.version | reject('equalto', '_ingested_at') | list) -%}
    {%- set removed_until = _removed_until(landed) %}

with

usable as (
    select * from {{ with_key(as_read_by(model, landed), model_name) }}
    where
        {{ is_usable(model_name) }}
        {%- if removed_until %}
        and _ingested_at > {{ removed_until }}
        {%- endif %}
),

chosen as (
    {%- if _keeps_first(declared.meta) %}
    {{ deduplicate_first('usable', declared.unique_key, declared.meta.version) }}
    {%- else %}
    {{ deduplicate_latest('usable', declared.unique_key, declared.meta.version) }}
    {%- endif %}
),

compared as (
    select {{ compared | join(', ') }}, _is_deleted as is_deleted, 1 as landed_count
    from chosen
    {%- if removed_until %}
    left anti join {{ model }} as present
        on
            {{ _same_key([declared.unique_key], 'chosen', 'present') }}
            and present._ingested_at <= {{ removed_until }}
            and not {{ _takes_its_place(declared.meta, 'chosen', 'present') }}
    {%- endif %}
    union all
    select {{ compared | join(', ') }}, is_deleted, -1 as landed_count
    from {{ model }}
    {%- if removed_until %}
    where _ingested_at > {{ removed_until }}
    {%- endif %}
)

select
    {{ compared | join(', ') }},
    is_deleted,
    if(sum(landed_count) > 0, 'landed but not here', 'here but not landed') as difference
from compared
group by {{ compared | join(', ') }}, is_deleted
having sum(landed_count) != 0

{% endtest %}
