-- One row: how much was sold. It stands apart from days, so that it goes on when they fail.
{%- set changes = changes_of(till__sales=['sale_id']) %}

with

affected as (
    {% call affected_groups() %}
    select 1 as till_id from {{ changes.till__sales }}
    {% endcall %}
),

summed as (
    select
        1 as till_id,
        cast(sum(amount) as bigint) as amount
    from {{ ref('till__sales') }}
    where exists (select 1 from affected)
)

select *
from summed
where amount is not null
