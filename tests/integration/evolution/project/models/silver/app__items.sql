-- One row per item.
with

source as (
    select * from {{ stream(source('app', 'items')) }}
),

deduplicated as (
    {{ deduplicate_latest('source', 'item_id', ['updated_at', '_ingested_at']) }}
),

renamed as (
    select
        item_id,
        label,
        size,
        price,
        updated_at,
        _is_deleted as is_deleted,
        _ingested_at
    from deduplicated
)

select * from renamed
