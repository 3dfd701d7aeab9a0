-- Every purchase is once in each table of sales and in the sessions: the totals are the same.
with

expected as (
    select
        count(*) as purchases_count,
        coalesce(sum(quantity * price_amount), 0) as revenue_amount
    from {{ ref('clickstream__events') }}
    where event_type = 'purchase'
),

summed as (
    select
        'hourly_sales' as mart,
        sum(purchases_count) as purchases_count,
        sum(revenue_amount) as revenue_amount
    from {{ ref('hourly_sales') }}
    union all
    select
        'category_sales' as mart,
        sum(purchases_count) as purchases_count,
        sum(revenue_amount) as revenue_amount
    from {{ ref('category_sales') }}
    union all
    select
        'top_products' as mart,
        sum(purchases_count) as purchases_count,
        sum(revenue_amount) as revenue_amount
    from {{ ref('top_products') }}
    union all
    select
        'top_users' as mart,
        sum(purchases_count) as purchases_count,
        sum(revenue_amount) as revenue_amount
    from {{ ref('top_users') }}
    union all
    select
        'sessions' as mart,
        sum(purchases_count) as purchases_count,
        sum(revenue_amount) as revenue_amount
    from {{ ref('sessions') }}
)

select summed.mart
from summed
cross join expected
where
    coalesce(summed.purchases_count, 0) != expected.purchases_count
    or coalesce(summed.revenue_amount, 0) != expected.revenue_amount
