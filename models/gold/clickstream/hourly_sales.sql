-- One row per hour (UTC) in which something was bought.
-- Trap: an event counts in the hour in which it happened, not in which it arrived, so hours of past
-- days still change.
{{
    config(
        unique_key='hour_at',
    )
}}

with

purchases as (
    select
        date_trunc('hour', occurred_at) as hour_at,
        quantity,
        quantity * price_amount as revenue_amount,
        is_price_missing
    from {{ ref('clickstream__events') }}
    where event_type = 'purchase'
),

totalled as (
    select
        hour_at,
        count(*) as purchases_count,
        sum(quantity) as units_count,
        cast(sum(revenue_amount) as decimal(18, 2)) as revenue_amount,
        count_if(is_price_missing) as unpriced_purchases_count
    from purchases
    group by hour_at
)

select * from totalled
