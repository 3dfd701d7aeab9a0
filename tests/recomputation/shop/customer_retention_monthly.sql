-- One row per cohort (month of the first order) and month since, to as-of.
with active_months as (
    select distinct
        customer_id,
        date_trunc('month', placed_at at time zone 'UTC')::date as active_month
    from shop.orders
    where status <> 'cancelled'
),

members as (
    select
        customer_id,
        min(active_month) as cohort_month
    from active_months
    group by customer_id
),

cohorts as (
    select
        cohort_month,
        count(*) as cohort_size
    from members
    group by cohort_month
),

cohort_months as (
    select
        cohorts.cohort_month,
        cohorts.cohort_size,
        calendar.calendar_month::date as calendar_month
    from cohorts
    cross join as_of
    cross join lateral generate_series(
        cohorts.cohort_month::timestamp,
        as_of.as_of_date::timestamp,
        interval '1 month'
    ) as calendar (calendar_month)
),

activity as (
    select
        members.cohort_month,
        active_months.active_month,
        count(*) as active_count
    from members
    inner join
        active_months
        on members.customer_id = active_months.customer_id
    group by members.cohort_month, active_months.active_month
)

select
    cohort_months.cohort_month,
    (
        12 * (
            extract(year from cohort_months.calendar_month)
            - extract(year from cohort_months.cohort_month)
        )
        + extract(month from cohort_months.calendar_month)
        - extract(month from cohort_months.cohort_month)
    )::integer as month_number,
    cohort_months.cohort_size::bigint as cohort_size_count,
    coalesce(activity.active_count, 0)::bigint as active_count,
    round(
        coalesce(activity.active_count, 0)::numeric
        / cohort_months.cohort_size, 6
    )::numeric(18, 6) as retention_rate
from cohort_months
left join
    activity
    on
        cohort_months.cohort_month = activity.cohort_month
        and cohort_months.calendar_month = activity.active_month
