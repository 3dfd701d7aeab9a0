-- One row per user with a purchase, ranked by revenue over all time.
-- Trap: one purchase may move everybody's rank: refresh_mode full.
{{
    config(
        unique_key='user_id',
        refresh_mode='full',
    )
}}

with

purchases as (
    select * from {{ ref('clickstream__events') }}
    where event_type = 'purchase'
),

totalled as (
    select
        user_id,
        count(*) as purchases_count,
        sum(quantity) as units_count,
        cast(sum(quantity * price_amount) as decimal(18, 2)) as revenue_amount
    from purchases
    group by user_id
),

ranked as (
    select
        row_number() over (order by revenue_amount desc, user_id asc) as revenue_rank,
        user_id,
        purchases_count,
        units_count,
        revenue_amount
    from totalled
)

select * from ranked
