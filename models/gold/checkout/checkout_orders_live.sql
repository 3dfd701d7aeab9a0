-- One row per order that is not deleted, with the totals of its items.
-- Trap: items may arrive after their order, so for some seconds an order may disagree with them.
{{
    config(
        unique_key='order_id',
    )
}}

with

orders as (
    select *
    from {{ ref('checkout__orders') }}
    where not is_deleted
),

order_items as (
    select *
    from {{ ref('checkout__order_items') }}
    where not is_deleted
),

item_totals as (
    select
        order_id,
        count(*) as items_count,
        sum(quantity) as units_count,
        sum(gross_amount) as items_amount,
        max(_ingested_at) as _ingested_at
    from order_items
    group by order_id
),

compared as (
    select
        -- ids
        orders.order_id,
        orders.customer_id,

        -- texts
        orders.status as order_status,

        -- numbers
        coalesce(item_totals.items_count, 0) as items_count,
        coalesce(item_totals.units_count, 0) as units_count,
        cast(coalesce(item_totals.items_amount, 0) as decimal(18, 2)) as items_amount,
        orders.total_amount,
        cast(
            orders.total_amount - coalesce(item_totals.items_amount, 0) as decimal(18, 2)
        ) as difference_amount,

        -- flags
        orders.is_cancelled,
        orders.total_amount = coalesce(item_totals.items_amount, 0) as is_consistent,

        -- times
        orders.ordered_date,
        orders.ordered_at,
        orders.updated_at,
        greatest(orders._ingested_at, item_totals._ingested_at) as _ingested_at
    from orders
    left join item_totals
        on orders.order_id = item_totals.order_id
)

select * from compared
