-- One row per report that broke a rule, and rule. Nothing leaves the way to silver unseen.
-- Trap: a report that broke two rules is here twice, and its event may be in silver all the same,
-- by an earlier or a later version that broke none.

{%- set tables = ['events'] %}

{%- set landed = [] %}
{%- for table in tables %}
    {%- do landed.append(source('telemetry', table)) %}
{%- endfor %}
{%- set new_rows = streams(landed) %}

with

rejected as (
    {%- for table in tables %}
        {{ rejected_rows('telemetry', table, new_rows[loop.index0]) }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

deduplicated as (
    select distinct
        -- ids
        rejection_id,

        -- texts
        table_name,
        row_key,
        rule_name,
        reason,
        row_json,
        _load_id,

        -- times
        _ingested_at
    from rejected
)

select * from deduplicated
