-- One row per order item; is_counted is false where it or its order is deleted or cancelled.
-- Trap: an order's discount is split over all its items, so that one item changes the others.
{{
    config(
        unique_key='order_item_id',
    )
}}

with

orders as (
    select * from {{ ref('shop__orders') }}
),

order_items as (
    select * from {{ ref('shop__order_items') }}
),

refunds as (
    select
        order_item_id,
        sum(quantity) as returned_quantity,
        sum(refund_amount) as refund_amount
    from {{ ref('shop__returns') }}
    where not is_deleted
    group by order_item_id
),

-- Weights are what the items cost before the order's discount; where that is nothing, all equal.
weights as (
    select
        order_items.order_item_id,
        order_items.order_id,
        cast(orders.discount_amount * 100 as decimal(18, 0)) as discount_cents,
        if(
            sum(order_items.net_amount) over (partition by order_items.order_id) > 0,
            cast(order_items.net_amount * 100 as decimal(18, 0)),
            1
        ) as weight
    from order_items
    inner join orders
        on order_items.order_id = orders.order_id
    where not order_items.is_deleted
),

order_discounts as (
    {{ split_by_weight('weights', 'order_id', 'order_item_id', 'discount_cents', 'weight') }}
),

measured as (
    select
        order_items.order_item_id,
        order_items.order_id,
        orders.customer_id,
        order_items.product_id,
        orders.placed_date,
        cast(order_items.quantity as bigint) as units_count,
        coalesce(refunds.returned_quantity, 0) as returned_units_count,
        order_items.unit_price as unit_price_amount,
        order_items.gross_amount as gmv_amount,
        order_items.discount_amount as item_discount_amount,
        coalesce(order_discounts.share_amount, 0) as order_discount_amount,
        coalesce(refunds.refund_amount, 0) as refund_amount,
        order_items.is_deleted,
        not order_items.is_deleted
        and coalesce(not orders.is_deleted and not orders.is_cancelled, false) as is_counted
    from order_items
    left join orders
        on order_items.order_id = orders.order_id
    left join refunds
        on order_items.order_item_id = refunds.order_item_id
    left join order_discounts
        on order_items.order_item_id = order_discounts.order_item_id
),

totalled as (
    select
        -- ids
        order_item_id,
        order_id,
        customer_id,
        product_id,

        -- numbers
        units_count,
        returned_units_count,
        unit_price_amount,
        gmv_amount,
        item_discount_amount,
        cast(order_discount_amount as decimal(18, 2)) as order_discount_amount,
        cast(item_discount_amount + order_discount_amount as decimal(18, 2)) as discount_amount,
        cast(refund_amount as decimal(18, 2)) as refund_amount,
        cast(
            gmv_amount - item_discount_amount - order_discount_amount - refund_amount
            as decimal(18, 2)
        ) as net_revenue_amount,

        -- flags
        is_deleted,
        is_counted,

        -- times
        placed_date
    from measured
)

select * from totalled
