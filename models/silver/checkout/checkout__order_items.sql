-- One row per item of an order. Items deleted upstream stay, flagged.
-- Trap: the order of an item may not be here yet, and never is when its header breaks a rule.

with

source as (
    select * from {{ stream(source('checkout', 'order_items')) }}
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
        cast(unit_price as decimal(18, 2)) as unit_price,
        try_cast(quantity * unit_price as decimal(18, 2)) as gross_amount,

        -- flags
        _is_deleted as is_deleted,

        -- times
        updated_at,
        _ingested_at
    from deduplicated
)

select * from renamed
