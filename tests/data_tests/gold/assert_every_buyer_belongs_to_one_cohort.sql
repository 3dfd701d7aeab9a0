-- Cohorts share out all customers with an order that counts, and what they do adds up to all the
-- months in which customers were active. Returns one row where either does not hold.
with

fct_orders as (
    select * from {{ ref('fct_orders') }}
),

customer_retention_monthly as (
    select * from {{ ref('customer_retention_monthly') }}
),

buyers as (
    select
        count(distinct customer_id) as customers_count,
        count(distinct customer_id, trunc(placed_date, 'month')) as active_months_count
    from fct_orders
    where is_counted
),

cohorts as (
    select
        coalesce(sum(if(month_number = 0, cohort_size_count, 0)), 0) as customers_count,
        coalesce(sum(active_count), 0) as active_months_count
    from customer_retention_monthly
)

select
    buyers.customers_count,
    cohorts.customers_count as in_cohorts_count,
    buyers.active_months_count,
    cohorts.active_months_count as in_cohorts_months_count
from buyers
cross join cohorts
where
    buyers.customers_count <> cohorts.customers_count
    or buyers.active_months_count <> cohorts.active_months_count
