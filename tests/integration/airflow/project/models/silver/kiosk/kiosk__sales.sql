-- One row per sale.
with

source as (
    select * from {{ stream(source('kiosk', 'sales')) }}
),

deduplicated as (
    {{ deduplicate_latest('source', 'sale_id', ['_ingested_at']) }}
),

renamed as (
    select
        sale_id,
        amount,
        cast(sold_at as date) as sold_date,
        _ingested_at
    from deduplicated
)

select * from renamed
