-- One row per owner.
{{ config(unique_key='owner_id') }}

select
    owner_id,
    name as owner_name,
    _ingested_at
from {{ stream(source('cars', 'owners')) }}
