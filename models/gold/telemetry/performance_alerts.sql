-- One row per event and limit that its newest version breaks.
-- Trap: a corrected report may break no limit any more; its alerts are gone then.
{{
    config(
        unique_key=['event_id', 'limit_name'],
    )
}}

with

telemetry_events as (
    select *
    from {{ ref('telemetry__events') }}
    where not is_deleted
),

telemetry_limits as (
    select * from {{ ref('telemetry_limits') }}
),

judged as (
    select
        telemetry_events.*,
        telemetry_limits.limit_name,
        telemetry_limits.measure,
        telemetry_limits.breaks_when,
        telemetry_limits.limit_value,
        case telemetry_limits.measure
            when 'engine_temp_celsius' then telemetry_events.engine_temp_celsius
            when 'fuel_available_liters' then telemetry_events.fuel_available_liters
            when 'oil_pressure_psi' then telemetry_events.oil_pressure_psi
        end as measured_value
    from telemetry_events
    cross join telemetry_limits
),

broken_limits as (
    select * from judged
    where
        (breaks_when = 'above' and measured_value > limit_value)
        or (breaks_when = 'below' and measured_value < limit_value)
),

described as (
    select
        -- ids
        event_id,
        car_chassis,

        -- texts
        limit_name,
        measure,
        breaks_when,
        manufacturer,
        model,
        source_file,

        -- numbers
        measured_value,
        limit_value,

        -- times
        telemetry_timestamp,
        event_primary_timestamp
    from broken_limits
)

select * from described
