-- One row per session.
-- Trap: viewed_at, carted_at and purchased_at follow each other in time, so a session that bought
-- something it had not put into a cart before has no purchased_at; furthest_step looks at no order.
{{
    config(
        unique_key='session_id',
    )
}}

with

events as (
    select * from {{ ref('clickstream__events') }}
),

viewed as (
    select
        *,
        min(if(event_type = 'view_item', occurred_at, null)) over (partition by session_id)
            as viewed_at
    from events
),

carted as (
    select
        *,
        min(if(event_type = 'add_to_cart' and occurred_at >= viewed_at, occurred_at, null))
            over (partition by session_id) as carted_at
    from viewed
),

totalled as (
    select
        session_id,
        min_by(user_id, struct(occurred_at, event_id)) as user_id,
        min_by(device, struct(occurred_at, event_id)) as device,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min(viewed_at) as viewed_at,
        min(carted_at) as carted_at,
        min(if(event_type = 'purchase' and occurred_at >= carted_at, occurred_at, null))
            as purchased_at,
        count(*) as events_count,
        count_if(event_type = 'view_item') as views_count,
        count_if(event_type = 'add_to_cart') as carts_count,
        count_if(event_type = 'purchase') as purchases_count,
        sum(if(event_type = 'purchase', quantity * price_amount, 0)) as revenue_amount
    from carted
    group by session_id
),

described as (
    select
        -- ids
        session_id,
        user_id,

        -- texts
        device,
        case
            when purchases_count > 0 then 'purchase'
            when carts_count > 0 then 'cart'
            when views_count > 0 then 'view'
            else 'none'
        end as furthest_step,

        -- numbers
        events_count,
        purchases_count,
        cast(revenue_amount as decimal(18, 2)) as revenue_amount,

        -- times
        cast(started_at as date) as started_date,
        started_at,
        ended_at,
        viewed_at,
        carted_at,
        purchased_at
    from totalled
)

select * from described
