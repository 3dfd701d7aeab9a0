-- One row per customer account. Accounts deleted upstream stay, flagged.
-- Trap: e-mail and phone are tokens; they can be compared and counted, never read.

with

source as (
    select * from {{ stream(source('shop', 'customers')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'customer_id', ['updated_at', '_ingested_at']) }}
),

renamed as (
    select
        -- ids
        customer_id,
        email as email_token,
        phone as phone_token,

        -- texts
        {{ place_name('city') }} as city,
        {{ upper_code('country') }} as country,

        -- flags
        marketing_consent,
        _is_deleted as is_deleted,

        -- times
        created_at,
        updated_at,
        _ingested_at
    from deduplicated
)

select * from renamed
