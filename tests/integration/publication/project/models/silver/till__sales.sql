-- One row per sale.
with

source as (
    select * from {{ stream(source('till', 'sales')) }}
),

deduplicated as (
    {{ deduplicate_latest('source', 'sale_id', ['updated_at', '_ingested_at']) }}
),

renamed as (
    select
        sale_id,
        sold_date,
        amount,
        updated_at,
        _is_deleted as is_deleted,
        _ingested_at
    from deduplicated
)

select * from renamed
