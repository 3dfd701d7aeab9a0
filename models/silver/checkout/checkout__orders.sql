-- One row per order, as its header says it now. Orders deleted upstream stay, flagged.
-- Trap: total_amount is what the header says; whether the items agree, checkout_orders_live knows.

with

source as (
    select * from {{ stream(source('checkout', 'orders')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'order_id', ['updated_at', '_ingested_at']) }}
),

renamed as (
    select
        -- ids
        order_id,
        customer_id,

        -- texts
        status,

        -- numbers
        cast(total_amount as decimal(18, 2)) as total_amount,

        -- flags
        status = 'cancelled' as is_cancelled,
        _is_deleted as is_deleted,

        -- times
        cast(order_date as date) as ordered_date,
        order_date as ordered_at,
        updated_at,
        _ingested_at
    from deduplicated
)

select * from renamed
