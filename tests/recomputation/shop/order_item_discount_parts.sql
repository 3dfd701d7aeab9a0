-- One row per order item: its part of the order's discount, in euros.
-- Whole numbers of cents throughout, so nothing is rounded before the end:
-- an item's exact share is order_cents * weight / all_weights.
with weighed as (
    select
        order_items.order_item_id,
        order_items.order_id,
        100 * orders.discount_amount as order_cents,
        100 * (
            order_items.quantity * order_items.unit_price
            - order_items.discount_amount
        ) as item_weight
    from shop.order_items
    inner join shop.orders on order_items.order_id = orders.order_id
),

-- an order whose items all weigh nothing is split evenly
balanced as (
    select
        weighed.order_item_id,
        weighed.order_id,
        weighed.order_cents,
        case
            when sum(weighed.item_weight) over per_order = 0 then 1
            else weighed.item_weight
        end as item_weight
    from weighed
    window per_order as (partition by weighed.order_id)
),

shared as (
    select
        balanced.order_item_id,
        balanced.order_id,
        balanced.order_cents,
        balanced.order_cents * balanced.item_weight as share_numerator,
        sum(balanced.item_weight) over per_order as share_denominator
    from balanced
    window per_order as (partition by balanced.order_id)
),

floored as (
    select
        shared.order_item_id,
        shared.order_id,
        shared.order_cents,
        div(shared.share_numerator, shared.share_denominator) as floor_cents,
        row_number() over (
            partition by shared.order_id
            order by
                mod(shared.share_numerator, shared.share_denominator) desc,
                shared.order_item_id asc
        ) as remainder_rank
    from shared
),

completed as (
    select
        floored.order_item_id,
        floored.floor_cents,
        floored.remainder_rank,
        floored.order_cents
        - sum(floored.floor_cents) over per_order as cents_left
    from floored
    window per_order as (partition by floored.order_id)
)

select
    order_item_id,
    (
        (
            floor_cents
            + case when remainder_rank <= cents_left then 1 else 0 end
        ) / 100
    )::numeric(18, 2) as part
from completed
