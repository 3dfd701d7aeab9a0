-- One row per warehouse. Warehouses gone from the source stay, flagged.
-- Trap: the source is loaded in full, so every change of one renews _ingested_at of all.

with

source as (
    select * from {{ stream(source('shop', 'warehouses')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'warehouse_id', ['_ingested_at']) }}
),

renamed as (
    select
        -- ids
        warehouse_id,

        -- texts
        {{ tidy_text('name') }} as name,
        {{ place_name('city') }} as city,
        {{ upper_code('country') }} as country,

        -- flags
        _is_deleted as is_deleted,

        -- times
        _ingested_at
    from deduplicated
)

select * from renamed
