-- One row per movement of stock into or out of a warehouse. Deleted ones stay, flagged.
-- Trap: quantity is signed; what is on hand is its running sum, which may fall below zero.

with

source as (
    select * from {{ stream(source('shop', 'stock_movements')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'movement_id', ['created_at', '_ingested_at']) }}
),

renamed as (
    select
        -- ids
        movement_id,
        product_id,
        warehouse_id,

        -- texts
        kind,

        -- numbers
        quantity,

        -- flags
        _is_deleted as is_deleted,

        -- times
        moved_at,
        created_at,
        _ingested_at
    from deduplicated
)

select * from renamed
