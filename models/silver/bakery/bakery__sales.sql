-- One row per line of a ticket.
-- Trap: sold_date, sold_hour and daypart are by the store's own clock; sold_at is UTC.

with

source as (
    select * from {{ stream(source('bakery', 'sales_events')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'event_id', ['sold_at', '_file_name', '_file_row']) }}
),

bakery_stores as (
    select * from {{ ref('bakery_stores') }}
),

-- A store that the seed does not know yet must not cost its sales.
by_local_clock as (
    select
        deduplicated.*,
        from_utc_timestamp(deduplicated.sold_at, coalesce(bakery_stores.time_zone, 'UTC'))
            as shown_at
    from deduplicated
    left join bakery_stores
        on deduplicated.store_id = bakery_stores.store_id
),

renamed as (
    select
        -- ids
        event_id,
        ticket_id,
        store_id,
        register_id,
        {{ tidy_text('customer_id') }} as customer_id,
        product_id,

        -- texts
        {{ tidy_text('product_name') }} as product_name,
        {{ lower_code('category') }} as category,
        {{ lower_code('payment_method') }} as payment_method,
        case
            when hour(shown_at) between 5 and 10 then 'morning'
            when hour(shown_at) between 11 and 13 then 'midday'
            when hour(shown_at) between 14 and 16 then 'afternoon'
            when hour(shown_at) between 17 and 20 then 'evening'
            else 'night'
        end as daypart,

        -- numbers
        quantity,
        unit_price as unit_price_amount,
        cast(quantity * unit_price as decimal(18, 2)) as gross_amount,
        discount_amount,
        cast(quantity * unit_price - discount_amount as decimal(18, 2)) as total_amount,
        hour(shown_at) as sold_hour,

        -- flags
        _is_deleted as is_deleted,

        -- times
        cast(shown_at as date) as sold_date,
        sold_at,
        _ingested_at,

        -- where from
        _file_name,
        _file_row
    from by_local_clock
)

select * from renamed
