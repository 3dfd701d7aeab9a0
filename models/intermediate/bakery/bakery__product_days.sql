-- One row per store, product and day, every day from the product's first sale there to the store's
-- newest sale. Trap: price and discount are those last paid before the day; the first day has none.
{{
    config(
        materialized='ephemeral',
    )
}}

with

sales as (
    select * from {{ ref('bakery__sales') }}
),

sold_days as (
    select
        store_id,
        product_id,
        sold_date,
        sum(quantity) as units_count,
        max_by(unit_price_amount, struct(sold_at, event_id)) as unit_price_amount,
        max_by(discount_amount, struct(sold_at, event_id)) as discount_amount,
        max(max(sold_date)) over (partition by store_id) as newest_date
    from sales
    group by
        store_id,
        product_id,
        sold_date
),

neighbours as (
    select
        *,
        lag(unit_price_amount) over sold_days_of_product as earlier_unit_price_amount,
        lag(discount_amount) over sold_days_of_product as earlier_discount_amount,
        coalesce(date_sub(lead(sold_date) over sold_days_of_product, 1), newest_date) as until_date
    from sold_days
    window sold_days_of_product as (
        partition by store_id, product_id
        order by sold_date
    )
),

-- A day with a sale, and those without that follow it.
days as (
    select
        *,
        explode(sequence(sold_date, until_date)) as calendar_date
    from neighbours
),

described as (
    select
        -- store, product, day
        store_id,
        product_id,
        calendar_date as sold_date,

        -- what was sold that day, and what was paid before
        if(calendar_date = sold_date, units_count, 0) as units_count,
        if(calendar_date = sold_date, earlier_unit_price_amount, unit_price_amount)
            as last_unit_price_amount,
        if(calendar_date = sold_date, earlier_discount_amount, discount_amount)
            as last_discount_amount
    from days
)

select * from described
