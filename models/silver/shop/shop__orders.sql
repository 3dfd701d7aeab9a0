-- One row per order, as its header says it. Orders deleted upstream stay, flagged.
-- Trap: discount_amount is the discount on the order as a whole; its items have their own besides.

with

source as (
    select * from {{ stream(source('shop', 'orders')) }}
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
        currency,

        -- numbers
        discount_amount,
        shipping_amount,
        tax_amount,
        try_cast(shipping_amount + tax_amount as decimal(18, 2)) as charges_amount,

        -- flags
        status = 'cancelled' as is_cancelled,
        _is_deleted as is_deleted,

        -- times
        cast(placed_at as date) as placed_date,
        placed_at,
        created_at,
        updated_at,
        _ingested_at
    from deduplicated
)

select * from renamed
