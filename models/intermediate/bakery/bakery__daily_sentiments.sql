-- One row per store, product and day that a comment of the 7 days before tells something about.
-- Trap: a comment says nothing about its own day; ml_features is made again for the same 7 days.
{{
    config(
        materialized='ephemeral',
    )
}}

with

feedback as (
    select * from {{ ref('bakery__customer_feedback') }}
),

-- Each comment, on each of the days that it tells about.
sentiments as (
    select
        store_id,
        product_id,
        explode(sequence(date_add(submitted_date, 1), date_add(submitted_date, 7))) as sold_date,
        sentiment_score
    from feedback
    where sentiment_score is not null
),

summed as (
    select
        store_id,
        product_id,
        sold_date,
        sum(sentiment_score) * 10000 as sentiment_sum,
        count(*) * 10000 as sentiment_parts_count
    from sentiments
    group by
        store_id,
        product_id,
        sold_date
),

described as (
    select
        store_id,
        product_id,
        sold_date,
        {{ ratio('sentiment_sum', 'sentiment_parts_count', 4) }} as mean_7_days_sentiment_score
    from summed
)

select * from described
