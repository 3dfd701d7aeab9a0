-- One row per shipment; a shipment carries one whole order. Deleted ones stay, flagged.
-- Trap: delivered_at is null while the parcel is on its way, and for good where it was lost.

with

source as (
    select * from {{ stream(source('shop', 'shipments')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'shipment_id', ['updated_at', '_ingested_at']) }}
),

renamed as (
    select
        -- ids
        shipment_id,
        order_id,
        warehouse_id,

        -- texts
        {{ lower_code('carrier') }} as carrier,

        -- numbers
        shipping_cost,

        -- flags
        _is_deleted as is_deleted,

        -- times
        shipped_at,
        promised_at,
        delivered_at,
        created_at,
        updated_at,
        _ingested_at
    from deduplicated
)

select * from renamed
