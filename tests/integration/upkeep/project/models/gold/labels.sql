-- One row per label.
{%- set changes = changes_of(app__items=['item_id']) %}

with

affected as (
    {% call affected_groups() %}
    select label from {{ changes.app__items }}
    {% endcall %}
),

items as (
    select * from {{ ref('app__items') }}
    where
        label in (select affected.label from affected)
        and not is_deleted
),

summed as (
    select
        label,
        cast(sum(amount) as decimal(18, 2)) as amount,
        count(*) as items_count
    from items
    group by label
)

select * from summed
