-- One row per return.
select
    return_id,
    reason,
    updated_at,
    _ingested_at
from {{ stream(source('till', 'returns')) }}
