-- One row per date (UTC) on which a session began.
-- Trap: a session whose every event moved to another one is gone; its date counts one less.
{{
    config(
        unique_key='started_date',
    )
}}

with

sessions as (
    select * from {{ ref('sessions') }}
),

totalled as (
    select
        started_date,
        count(*) as sessions_count,
        count(viewed_at) as viewed_sessions_count,
        count(carted_at) as carted_sessions_count,
        count(purchased_at) as purchased_sessions_count
    from sessions
    group by started_date
),

described as (
    select
        -- date
        started_date,

        -- sessions
        sessions_count,
        viewed_sessions_count,
        carted_sessions_count,
        purchased_sessions_count,

        -- rates between steps
        {{ ratio('carted_sessions_count', 'viewed_sessions_count') }} as view_to_cart_rate,
        {{ ratio('purchased_sessions_count', 'carted_sessions_count') }} as cart_to_purchase_rate,
        {{ ratio('purchased_sessions_count', 'viewed_sessions_count') }} as view_to_purchase_rate
    from totalled
)

select * from described
