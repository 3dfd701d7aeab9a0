-- One row per day, the one with most reports first.
{{ config(unique_key='place', incremental_strategy='recompute') }}

select
    cast(row_number() over (order by reports_count desc, reported_date asc) as int) as place,
    reported_date
from {{ ref('car_days') }}
