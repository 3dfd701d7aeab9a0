-- Every product and warehouse has a row for each day from its first movement to the as-of date,
-- and its sales and incidents up to then are those of the facts.
-- Returns the products and warehouses for which this does not hold.
with

fct_orders as (
    select * from {{ ref('fct_orders') }}
),

fct_stock_daily as (
    select * from {{ ref('fct_stock_daily') }}
),

inventory_health as (
    select * from {{ ref('inventory_health') }}
),

as_of as (
    select max(placed_date) as as_of_date
    from fct_orders
    where not is_deleted
),

expected as (
    select
        fct_stock_daily.product_id,
        fct_stock_daily.warehouse_id,
        datediff(max(as_of.as_of_date), min(fct_stock_daily.stock_date)) + 1 as days_count,
        sum(fct_stock_daily.sold_quantity) as sold_quantity,
        sum(fct_stock_daily.out_of_stock_incidents_count) as incidents_count
    from fct_stock_daily
    inner join as_of
        on fct_stock_daily.stock_date <= as_of.as_of_date
    group by
        fct_stock_daily.product_id,
        fct_stock_daily.warehouse_id
),

present as (
    select
        product_id,
        warehouse_id,
        count(distinct stock_date) as days_count,
        sum(sold_quantity) as sold_quantity,
        sum(out_of_stock_incidents_count) as incidents_count
    from inventory_health
    group by
        product_id,
        warehouse_id
)

select
    coalesce(expected.product_id, present.product_id) as product_id,
    coalesce(expected.warehouse_id, present.warehouse_id) as warehouse_id,
    expected.days_count as expected_days_count,
    present.days_count
from expected
full outer join present
    on
        expected.product_id = present.product_id
        and expected.warehouse_id = present.warehouse_id
where
    not expected.days_count <=> present.days_count
    or not expected.sold_quantity <=> present.sold_quantity
    or not expected.incidents_count <=> present.incidents_count
