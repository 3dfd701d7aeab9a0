-- One row per version of a sale: what a merge must refuse.
select
    sale_id,
    updated_at,
    _ingested_at
from {{ stream(source('till', 'sales')) }}
