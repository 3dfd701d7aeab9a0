-- One row per store, product and day, every day from the product's first sale there to the store's
-- newest sale. Trap: units_count is what is to be predicted; all else is known the evening before.
{{
    config(
        unique_key=['store_id', 'product_id', 'sold_date'],
    )
}}

with

days as (
    select
        product_days.*,
        daily_sentiments.mean_7_days_sentiment_score
    from {{ ref('bakery__product_days') }} as product_days
    left join {{ ref('bakery__daily_sentiments') }} as daily_sentiments
        on
            product_days.store_id = daily_sentiments.store_id
            and product_days.product_id = daily_sentiments.product_id
            and product_days.sold_date = daily_sentiments.sold_date
),

described as (
    select
        -- store, product, day
        store_id,
        product_id,
        sold_date,

        -- what is to be predicted
        units_count,

        -- what was sold before
        lag(units_count, 1) over days_before as lag_1_units_count,
        lag(units_count, 7) over days_before as lag_7_units_count,
        lag(units_count, 14) over days_before as lag_14_units_count,
        {{ ratio('sum(units_count) over last_7_days', 'count(*) over last_7_days') }}
            as mean_7_days_units_count,
        {{ ratio('sum(units_count) over last_28_days', 'count(*) over last_28_days') }}
            as mean_28_days_units_count,

        -- the calendar
        weekday(sold_date) + 1 as weekday_number,
        weekday(sold_date) >= 5 as is_weekend,
        month(sold_date) as month_number,

        -- what was paid and said before
        last_unit_price_amount,
        last_discount_amount,
        mean_7_days_sentiment_score
    from days
    window
        days_before as (partition by store_id, product_id order by sold_date),
        last_7_days as (
            partition by store_id, product_id order by sold_date
            rows between 7 preceding and 1 preceding
        ),
        last_28_days as (
            partition by store_id, product_id order by sold_date
            rows between 28 preceding and 1 preceding
        )
)

select * from described
