-- Every line sold is in daily_sales_summary once: units and amounts of each store and day are those
-- of its sales.
with

sold as (
    select
        store_id,
        sold_date,
        sum(quantity) as units_count,
        sum(total_amount) as revenue_amount,
        sum(discount_amount) as discount_amount
    from {{ ref('bakery__sales') }}
    group by
        store_id,
        sold_date
),

summed as (
    select
        store_id,
        sold_date,
        sum(units_count) as units_count,
        sum(revenue_amount) as revenue_amount,
        sum(discount_amount) as discount_amount
    from {{ ref('daily_sales_summary') }}
    group by
        store_id,
        sold_date
)

select
    coalesce(sold.store_id, summed.store_id) as store_id,
    coalesce(sold.sold_date, summed.sold_date) as sold_date
from sold
full outer join summed
    on
        sold.store_id = summed.store_id
        and sold.sold_date = summed.sold_date
where
    not sold.units_count <=> summed.units_count
    or not sold.revenue_amount <=> summed.revenue_amount
    or not sold.discount_amount <=> summed.discount_amount
