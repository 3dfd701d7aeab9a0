-- The parts of an order's discount add up to the discount in its header, to the cent.
-- Returns the orders (with an item to carry it) for which they do not.
with

orders as (
    select * from {{ ref('shop__orders') }}
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
),

parts as (
    select
        order_id,
        sum(order_discount_amount) as split_amount
    from fct_order_items
    where not is_deleted
    group by order_id
)

select
    orders.order_id,
    orders.discount_amount,
    parts.split_amount
from orders
inner join parts
    on orders.order_id = parts.order_id
where orders.discount_amount <> parts.split_amount
