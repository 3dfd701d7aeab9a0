-- One row per item of an order that counts (not cancelled), with its money:
-- refunds are summed per item first, so two returns do not double its sales.
with refunds as (
    select
        order_item_id,
        sum(refund_amount) as refund_amount,
        sum(quantity) as returned_units
    from shop.returns
    group by order_item_id
)

select
    order_items.order_item_id,
    order_items.order_id,
    orders.customer_id,
    orders.placed_at,
    order_items.product_id,
    order_items.quantity as units,
    order_items.quantity * order_items.unit_price as gmv,
    order_items.discount_amount + parts.part as discount,
    coalesce(refunds.refund_amount, 0) as refund,
    coalesce(refunds.returned_units, 0) as returned_units
from shop.order_items
inner join shop.orders on order_items.order_id = orders.order_id
inner join
    order_item_discount_parts as parts
    on order_items.order_item_id = parts.order_item_id
left join refunds on order_items.order_item_id = refunds.order_item_id
where orders.status <> 'cancelled'
