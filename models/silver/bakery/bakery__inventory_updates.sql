-- One row per change of what lies in a store, as the store wrote it down.
-- Trap: recorded_date is by the store's own calendar; recorded_at is UTC.

with

source as (
    select * from {{ stream(source('bakery', 'inventory_updates')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'update_id', ['recorded_at', '_file_name', '_file_row']) }}
),

bakery_stores as (
    select * from {{ ref('bakery_stores') }}
),

renamed as (
    select
        -- ids
        deduplicated.update_id,
        deduplicated.store_id,
        deduplicated.product_id,

        -- texts
        deduplicated.change_type,
        {{ lower_code('deduplicated.unit') }} as unit,

        -- numbers
        deduplicated.quantity,
        deduplicated.unit_cost as unit_cost_amount,

        -- flags
        deduplicated._is_deleted as is_deleted,

        -- times
        cast(
            from_utc_timestamp(
                deduplicated.recorded_at, coalesce(bakery_stores.time_zone, 'UTC')
            ) as date
        ) as recorded_date,
        deduplicated.recorded_at,
        deduplicated._ingested_at,

        -- where from
        deduplicated._file_name,
        deduplicated._file_row
    from deduplicated
    left join bakery_stores
        on deduplicated.store_id = bakery_stores.store_id
)

select * from renamed
