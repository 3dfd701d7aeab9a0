-- ml_features has every day from a product's first sale in a store to the store's newest sale, also
-- those on which the store sold nothing at all, and every unit that was sold.
with

newest as (
    select
        store_id,
        max(sold_date) as newest_date
    from {{ ref('bakery__sales') }}
    group by store_id
),

expected as (
    select
        sales.store_id,
        sales.product_id,
        datediff(max(newest.newest_date), min(sales.sold_date)) + 1 as days_count,
        max(newest.newest_date) as newest_date,
        sum(sales.quantity) as units_count
    from {{ ref('bakery__sales') }} as sales
    inner join newest
        on sales.store_id = newest.store_id
    group by
        sales.store_id,
        sales.product_id
),

found as (
    select
        store_id,
        product_id,
        count(*) as days_count,
        max(sold_date) as newest_date,
        sum(units_count) as units_count
    from {{ ref('ml_features') }}
    group by
        store_id,
        product_id
)

select
    coalesce(expected.store_id, found.store_id) as store_id,
    coalesce(expected.product_id, found.product_id) as product_id
from expected
full outer join found
    on
        expected.store_id = found.store_id
        and expected.product_id = found.product_id
where
    not expected.days_count <=> found.days_count
    or not expected.newest_date <=> found.newest_date
    or not expected.units_count <=> found.units_count
