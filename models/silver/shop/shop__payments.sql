-- One row per attempt to pay an order. Payments deleted upstream stay, flagged.
-- Trap: failed and pending payments are here too; only captured ones brought money.

with

source as (
    select * from {{ stream(source('shop', 'payments')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'payment_id', ['updated_at', '_ingested_at']) }}
),

renamed as (
    select
        -- ids
        payment_id,
        order_id,

        -- texts
        {{ lower_code('method') }} as method,
        status,

        -- numbers
        amount,

        -- flags
        _is_deleted as is_deleted,

        -- times
        created_at,
        updated_at,
        _ingested_at
    from deduplicated
)

select * from renamed
