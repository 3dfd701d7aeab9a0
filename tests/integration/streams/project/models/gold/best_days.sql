-- One row per day, the best first.
with

daily_sales as (
    select * from {{ ref('daily_sales') }}
),

ranked as (
    select
        cast(row_number() over (order by amount desc, sold_date asc) as int) as place,
        sold_date
    from daily_sales
)

select * from ranked
