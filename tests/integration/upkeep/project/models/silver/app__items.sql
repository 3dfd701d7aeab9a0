-- One row per item.
with

source as (
    select * from {{ stream(source('app', 'items')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'item_id', ['updated_at', '_ingested_at']) }}
),

renamed as (
    select
        item_id,
        label,
        amount,
        updated_at,
        _is_deleted as is_deleted,
        _ingested_at
    from deduplicated
)

select * from renamed
