-- All refunds of items that are known stand in the facts, whenever they were made.
-- Returns one row where the sums differ.
with

order_items as (
    select * from {{ ref('shop__order_items') }}
),

returns as (
    select * from {{ ref('shop__returns') }}
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
),

refunded as (
    select
        coalesce(sum(returns.refund_amount), 0) as refund_amount,
        coalesce(sum(returns.quantity), 0) as units_count
    from returns
    left semi join order_items
        on returns.order_item_id = order_items.order_item_id
    where not returns.is_deleted
),

restated as (
    select
        coalesce(sum(refund_amount), 0) as refund_amount,
        coalesce(sum(returned_units_count), 0) as units_count
    from fct_order_items
)

select
    refunded.refund_amount,
    restated.refund_amount as restated_amount,
    refunded.units_count,
    restated.units_count as restated_count
from refunded
cross join restated
where
    refunded.refund_amount <> restated.refund_amount
    or refunded.units_count <> restated.units_count
