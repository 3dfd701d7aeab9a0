-- One row per car: its newest report, by when it was measured.
-- Trap: a report that arrives late is not the newest one, and leaves the row as it is.
{{
    config(
        unique_key='car_chassis',
    )
}}

with

telemetry_events as (
    select *
    from {{ ref('telemetry__events') }}
    where not is_deleted
),

newest_reports as (
    {{ deduplicate_latest(
        'telemetry_events', 'car_chassis', ['telemetry_timestamp', 'event_primary_timestamp']
    ) }}
),

described as (
    select
        -- ids
        car_chassis,
        event_id,

        -- texts
        manufacturer,
        model,
        gas_type,
        insurance_provider,
        source_file,

        -- numbers
        year,
        current_mileage_km,
        fuel_available_liters,
        engine_temp_celsius,
        oil_pressure_psi,

        -- times
        telemetry_timestamp,
        event_primary_timestamp,
        insurance_valid_until
    from newest_reports
)

select * from described
