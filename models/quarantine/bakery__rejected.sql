-- One row per landed row that broke a rule, and rule. Nothing leaves the way to silver unseen.
-- Trap: a row that broke two rules is here twice, and its key may be in silver all the same, by
-- another row that broke none. What does not even fit its type is in quarantine.bakery.

{%- set tables = [
    'sales_events',
    'inventory_updates',
    'customer_feedback',
    'equipment_metrics',
] %}

{%- set landed = [] %}
{%- for table in tables %}
    {%- do landed.append(source('bakery', table)) %}
{%- endfor %}
{%- set new_rows = streams(landed) %}

with

rejected as (
    {%- for table in tables %}
        {{ rejected_rows('bakery', table, new_rows[loop.index0]) }}
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
