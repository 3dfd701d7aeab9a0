-- One row per line of an order. Lines deleted upstream stay, flagged.
-- Trap: net_amount takes off the line's own discount only, not its part of the order's.

with

source as (
    select * from {{ stream(source('shop', 'order_items')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'order_item_id', ['updated_at', '_ingested_at']) }}
),

renamed as (
    select
        -- ids
        order_item_id,
        order_id,
        product_id,

        -- numbers
        quantity,
        unit_price,
        discount_amount,
        try_cast(quantity * unit_price as decimal(18, 2)) as gross_amount,

        -- flags
        _is_deleted as is_deleted,

        -- times
        created_at,
        updated_at,
        _ingested_at
    from deduplicated
),

totalled as (
    select
        -- ids
        order_item_id,
        order_id,
        product_id,

        -- numbers
        quantity,
        unit_price,
        gross_amount,
        discount_amount,
        try_cast(gross_amount - discount_amount as decimal(18, 2)) as net_amount,

        -- flags
        is_deleted,

        -- times
        created_at,
        updated_at,
        _ingested_at
    from renamed
)

select * from totalled
