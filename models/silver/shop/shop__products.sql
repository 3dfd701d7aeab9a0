-- One row per product. Products deleted upstream stay, flagged.
-- Trap: cost and price are today's; what an order paid stands in its items.

with

source as (
    select * from {{ stream(source('shop', 'products')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'product_id', ['updated_at', '_ingested_at']) }}
),

renamed as (
    select
        -- ids
        product_id,
        category_id,

        -- texts
        {{ tidy_text('sku') }} as sku,
        {{ tidy_text('name') }} as name,

        -- numbers
        unit_cost,
        list_price,

        -- flags
        is_active,
        _is_deleted as is_deleted,

        -- times
        created_at,
        updated_at,
        _ingested_at
    from deduplicated
)

select * from renamed
