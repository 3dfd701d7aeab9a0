-- One row per product category. Categories gone from the source stay, flagged.
-- Trap: the source is loaded in full, so every change of one category renews _ingested_at of all.

with

source as (
    select * from {{ stream(source('shop', 'categories')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'category_id', ['_ingested_at']) }}
),

renamed as (
    select
        -- ids
        category_id,
        parent_category_id,

        -- texts
        {{ tidy_text('name') }} as name,

        -- flags
        _is_deleted as is_deleted,

        -- times
        _ingested_at
    from deduplicated
)

select * from renamed
