-- One row per order; is_counted is false for the cancelled and the deleted ones.
-- Trap: amounts come from the items that are not deleted, so an order without any has none.
{{
    config(
        unique_key='order_id',
    )
}}

{%- set changes = changes_of(
    shop__orders=['order_id'],
    shop__payments=['payment_id'],
    fct_order_items=['order_item_id'],
) %}

with

affected as (
    {% call affected_groups() %}
    select order_id from {{ changes.shop__orders }} as changed
    union
    select order_id from {{ changes.shop__payments }} as changed
    union
    select order_id from {{ changes.fct_order_items }} as changed
    {% endcall %}
),

orders as (
    select *
    from {{ ref('shop__orders') }}
    where order_id in (select affected.order_id from affected)
),

payments as (
    select * from {{ ref('shop__payments') }}
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
),

paid as (
    select
        order_id,
        sum(amount) as paid_amount
    from payments
    where
        not is_deleted
        and status in ('captured', 'partially_refunded', 'refunded')
    group by order_id
),

items as (
    select
        order_id,
        count(*) as items_count,
        sum(units_count) as units_count,
        sum(returned_units_count) as returned_units_count,
        sum(gmv_amount) as gmv_amount,
        sum(item_discount_amount) as item_discount_amount,
        sum(order_discount_amount) as order_discount_amount,
        sum(discount_amount) as discount_amount,
        sum(refund_amount) as refund_amount,
        sum(net_revenue_amount) as net_revenue_amount
    from fct_order_items
    where not is_deleted
    group by order_id
),

totalled as (
    select
        -- ids
        orders.order_id,
        orders.customer_id,

        -- texts
        orders.status as order_status,
        orders.currency,

        -- numbers
        coalesce(items.items_count, 0) as items_count,
        coalesce(items.units_count, 0) as units_count,
        coalesce(items.returned_units_count, 0) as returned_units_count,
        cast(coalesce(items.gmv_amount, 0) as decimal(18, 2)) as gmv_amount,
        cast(coalesce(items.item_discount_amount, 0) as decimal(18, 2)) as item_discount_amount,
        cast(coalesce(items.order_discount_amount, 0) as decimal(18, 2)) as order_discount_amount,
        cast(coalesce(items.discount_amount, 0) as decimal(18, 2)) as discount_amount,
        cast(coalesce(items.refund_amount, 0) as decimal(18, 2)) as refund_amount,
        cast(coalesce(items.net_revenue_amount, 0) as decimal(18, 2)) as net_revenue_amount,
        orders.shipping_amount,
        orders.tax_amount,
        cast(
            coalesce(items.gmv_amount - items.discount_amount, 0)
            + orders.shipping_amount
            + orders.tax_amount
            as decimal(18, 2)
        ) as total_amount,
        cast(coalesce(paid.paid_amount, 0) as decimal(18, 2)) as paid_amount,

        -- flags
        orders.is_deleted,
        orders.is_cancelled,
        not orders.is_deleted and not orders.is_cancelled as is_counted,

        -- times
        orders.placed_at,
        orders.placed_date
    from orders
    left join items
        on orders.order_id = items.order_id
    left join paid
        on orders.order_id = paid.order_id
)

select * from totalled
