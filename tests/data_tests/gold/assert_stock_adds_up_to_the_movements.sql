-- What the facts say is on hand last is the sum of all movements, and no movement is left out.
-- Returns the products and warehouses for which it is not.
with

stock_movements as (
    select * from {{ ref('shop__stock_movements') }}
),

fct_stock_daily as (
    select * from {{ ref('fct_stock_daily') }}
),

moved as (
    select
        product_id,
        warehouse_id,
        sum(quantity) as on_hand_quantity,
        count(*) as movements_count
    from stock_movements
    where not is_deleted
    group by
        product_id,
        warehouse_id
),

stocked as (
    select
        product_id,
        warehouse_id,
        max_by(on_hand_quantity, stock_date) as on_hand_quantity,
        sum(movements_count) as movements_count
    from fct_stock_daily
    group by
        product_id,
        warehouse_id
)

select
    coalesce(moved.product_id, stocked.product_id) as product_id,
    coalesce(moved.warehouse_id, stocked.warehouse_id) as warehouse_id,
    moved.on_hand_quantity as moved_quantity,
    stocked.on_hand_quantity as stocked_quantity
from moved
full outer join stocked
    on
        moved.product_id = stocked.product_id
        and moved.warehouse_id = stocked.warehouse_id
where
    not moved.on_hand_quantity <=> stocked.on_hand_quantity
    or not moved.movements_count <=> stocked.movements_count
