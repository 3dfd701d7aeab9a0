-- Over all its returns, no more units of an order's line come back than were sold.
with

returned as (
    select
        order_item_id,
        sum(quantity) as returned_quantity
    from {{ ref('shop__returns') }}
    where not is_deleted
    group by order_item_id
)

select
    order_items.order_item_id,
    order_items.quantity,
    returned.returned_quantity
from {{ ref('shop__order_items') }} as order_items
inner join returned
    on order_items.order_item_id = returned.order_item_id
where
    not order_items.is_deleted
    and returned.returned_quantity > order_items.quantity
