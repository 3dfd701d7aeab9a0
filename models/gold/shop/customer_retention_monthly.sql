-- One row per cohort (month of customers' first orders) and month since, to the as-of month.
-- Trap: months in which nobody of a cohort ordered have a row too, with 0.
{{
    config(
        unique_key=['cohort_month', 'month_number'],
    )
}}

with

fct_orders as (
    select * from {{ ref('fct_orders') }}
),

as_of as (
    select trunc(max(placed_date), 'month') as as_of_month
    from fct_orders
    where not is_deleted
),

active_months as (
    select distinct
        customer_id,
        trunc(placed_date, 'month') as active_month
    from fct_orders
    where is_counted
),

cohort_months as (
    select
        customer_id,
        active_month,
        min(active_month) over (partition by customer_id) as cohort_month
    from active_months
),

active_customers as (
    select
        cohort_month,
        cast(months_between(active_month, cohort_month) as int) as month_number,
        count(*) as active_count
    from cohort_months
    group by
        cohort_month,
        active_month
),

cohorts as (
    select
        cohort_month,
        count(distinct customer_id) as cohort_size_count
    from cohort_months
    group by cohort_month
),

cohorts_by_month as (
    select
        cohorts.cohort_month,
        cohorts.cohort_size_count,
        explode(
            sequence(0, cast(months_between(as_of.as_of_month, cohorts.cohort_month) as int))
        ) as month_number
    from cohorts
    cross join as_of
),

retained as (
    select
        cohorts_by_month.cohort_month,
        cohorts_by_month.month_number,
        cohorts_by_month.cohort_size_count,
        coalesce(active_customers.active_count, 0) as active_count
    from cohorts_by_month
    left join active_customers
        on
            cohorts_by_month.cohort_month = active_customers.cohort_month
            and cohorts_by_month.month_number = active_customers.month_number
),

rated as (
    select
        -- cohort and month
        cohort_month,
        month_number,

        -- numbers
        cohort_size_count,
        active_count,
        {{ ratio('active_count', 'cohort_size_count') }} as retention_rate
    from retained
)

select * from rated
