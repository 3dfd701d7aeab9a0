-- Every session is in the funnel once, on the date that it began on.
with

began as (
    select
        started_date,
        count(*) as sessions_count,
        count(purchased_at) as purchased_sessions_count
    from {{ ref('sessions') }}
    group by started_date
),

counted as (
    select * from {{ ref('conversion_funnel') }}
)

select coalesce(began.started_date, counted.started_date) as started_date
from began
full outer join counted on began.started_date = counted.started_date
where
    not began.sessions_count <=> counted.sessions_count
    or not began.purchased_sessions_count <=> counted.purchased_sessions_count
