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
    where label in (select affected.label from affected)
),

summed as (
    select
        label,
        count(*) as items_count,
        max(size) as largest_size,
        max(price) as highest_price
    from items
    group by label
)

select * from summed
