-- One row per day, from the first order or stock movement to the end of the newest order's year.
-- Trap: a parcel or a movement of the turn of the year may be later than the newest order, so the
-- year of the newest day of any fact counts.
{{
    config(
        unique_key='calendar_date',
    )
}}

with

fct_orders as (
    select * from {{ ref('fct_orders') }}
),

fct_shipments as (
    select * from {{ ref('fct_shipments') }}
),

fct_stock_daily as (
    select * from {{ ref('fct_stock_daily') }}
),

days_of_facts as (
    select
        min(placed_date) as first_date,
        max(placed_date) as last_date
    from fct_orders
    union all
    select
        min(ship_date) as first_date,
        greatest(max(ship_date), max(promised_date), max(delivered_date)) as last_date
    from fct_shipments
    union all
    select
        min(stock_date) as first_date,
        max(stock_date) as last_date
    from fct_stock_daily
),

period as (
    select
        min(first_date) as first_date,
        make_date(year(max(last_date)), 12, 31) as last_date
    from days_of_facts
),

calendar as (
    select explode(sequence(first_date, last_date)) as calendar_date
    from period
),

described as (
    select
        calendar_date,

        -- the periods it belongs to
        cast(trunc(calendar_date, 'week') as date) as week_start_date,
        cast(trunc(calendar_date, 'month') as date) as month_start_date,
        cast(trunc(calendar_date, 'quarter') as date) as quarter_start_date,
        year(calendar_date) as year_number,
        quarter(calendar_date) as quarter_number,
        month(calendar_date) as month_number,
        extract(yearofweek from calendar_date) as iso_year_number,
        weekofyear(calendar_date) as iso_week_number,

        -- its place in them
        day(calendar_date) as day_of_month_number,
        dayofyear(calendar_date) as day_of_year_number,
        weekday(calendar_date) + 1 as day_of_week_number,

        -- texts
        date_format(calendar_date, 'MMMM') as month_name,
        date_format(calendar_date, 'EEEE') as day_name,

        -- flags
        weekday(calendar_date) >= 5 as is_weekend
    from calendar
)

select * from described
