-- One row per minute (UTC) in which something was ordered.
-- Trap: an order counts in the minute in which it was placed, whenever it is cancelled, so minutes
-- of past days still change. Revenue is that of the items, not of the headers.
{{
    config(
        unique_key='minute_at',
    )
}}

with

orders as (
    select
        *,
        date_trunc('minute', ordered_at) as minute_at
    from {{ ref('checkout_orders_live') }}
),

totalled as (
    select
        -- minute
        minute_at,

        -- what is sold
        count_if(not is_cancelled) as orders_count,
        sum(if(is_cancelled, 0, units_count)) as units_count,
        cast(sum(if(is_cancelled, 0, items_amount)) as decimal(18, 2)) as revenue_amount,

        -- what was cancelled
        count_if(is_cancelled) as cancelled_orders_count,
        cast(sum(if(is_cancelled, items_amount, 0)) as decimal(18, 2)) as cancelled_amount,

        -- times
        max(_ingested_at) as _ingested_at
    from orders
    group by minute_at
)

select * from totalled
