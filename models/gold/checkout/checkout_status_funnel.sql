-- One row per date (UTC) on which something was ordered.
-- A row per date and status would say the same in up to four rows, and each order that moves on
-- would change the shares in all of them; so an order changes the row of its date alone.
{{
    config(
        unique_key='ordered_date',
    )
}}

with

orders as (
    select * from {{ ref('checkout_orders_live') }}
),

totalled as (
    select
        ordered_date,
        count(*) as orders_count,
        count_if(order_status = 'pending') as pending_orders_count,
        count_if(order_status = 'paid') as paid_orders_count,
        count_if(order_status = 'shipped') as shipped_orders_count,
        count_if(order_status = 'cancelled') as cancelled_orders_count,
        count_if(not is_consistent) as inconsistent_orders_count,
        max(_ingested_at) as _ingested_at
    from orders
    group by ordered_date
),

described as (
    select
        -- date
        ordered_date,

        -- orders
        orders_count,
        pending_orders_count,
        paid_orders_count,
        shipped_orders_count,
        cancelled_orders_count,
        inconsistent_orders_count,

        -- shares of the orders of the date
        {{ ratio('pending_orders_count', 'orders_count') }} as pending_rate,
        {{ ratio('paid_orders_count', 'orders_count') }} as paid_rate,
        {{ ratio('shipped_orders_count', 'orders_count') }} as shipped_rate,
        {{ ratio('cancelled_orders_count', 'orders_count') }} as cancelled_rate,

        -- times
        _ingested_at
    from totalled
)

select * from described
