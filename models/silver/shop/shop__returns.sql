-- One row per return of units of an order's line. Returns deleted upstream stay, flagged.
-- Trap: refund_amount is 0 until the shop has looked at the goods.

with

source as (
    select * from {{ stream(source('shop', 'returns')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'return_id', ['updated_at', '_ingested_at']) }}
),

renamed as (
    select
        -- ids
        return_id,
        order_item_id,

        -- texts
        {{ lower_code('reason') }} as reason,

        -- numbers
        quantity,
        refund_amount,

        -- flags
        _is_deleted as is_deleted,

        -- times
        requested_at,
        created_at,
        updated_at,
        _ingested_at
    from deduplicated
)

select * from renamed
