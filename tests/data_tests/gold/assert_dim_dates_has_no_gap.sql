-- The calendar has every day between its first and its last, and ends with a year.
-- Returns one row where it does not.
with

dim_dates as (
    select * from {{ ref('dim_dates') }}
),

span as (
    select
        count(*) as days_count,
        min(calendar_date) as first_date,
        max(calendar_date) as last_date
    from dim_dates
)

select
    days_count,
    first_date,
    last_date
from span
where
    days_count <> datediff(last_date, first_date) + 1
    or last_date <> make_date(year(last_date), 12, 31)
