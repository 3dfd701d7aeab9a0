-- The sales of each day, over all countries and categories, are those of the items that count.
-- Returns the days that differ or that only one of the two has.
with

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
),

sales_daily as (
    select * from {{ ref('sales_daily') }}
),

facts as (
    select
        placed_date,
        sum(gmv_amount) as gmv_amount,
        sum(discount_amount) as discount_amount,
        sum(refund_amount) as refund_amount,
        sum(net_revenue_amount) as net_revenue_amount,
        sum(units_count) as units_count
    from fct_order_items
    where is_counted
    group by placed_date
),

sales as (
    select
        placed_date,
        sum(gmv_amount) as gmv_amount,
        sum(discount_amount) as discount_amount,
        sum(refund_amount) as refund_amount,
        sum(net_revenue_amount) as net_revenue_amount,
        sum(units_count) as units_count
    from sales_daily
    group by placed_date
),

differences as (
    select
        'facts only' as found_in,
        missing.placed_date,
        missing.net_revenue_amount
    from (
        select * from facts
        except all
        select * from sales
    ) as missing
    union all
    select
        'sales_daily only' as found_in,
        invented.placed_date,
        invented.net_revenue_amount
    from (
        select * from sales
        except all
        select * from facts
    ) as invented
)

select
    found_in,
    placed_date,
    net_revenue_amount
from differences
