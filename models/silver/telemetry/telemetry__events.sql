-- One row per event of a car, in its newest version.
-- Trap: versions go by the time they were measured, then by the time their file was written;
-- when they were landed does not matter.
{{
    config(
        partition_by=['event_year', 'event_month', 'event_day'],
    )
}}

with

source as (
    select * from {{ with_key(stream(source('telemetry', 'events'))) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest(
        'usable', 'event_id', ['telemetry_timestamp', '_file_modified_at', '_file_hash', '_file_row']
    ) }}
),

typed as (
    select
        *,
        try_cast(round(current_mileage_km, 3) as decimal(18, 3)) as mileage_km,
        try_cast(round(fuel_available_liters, 3) as decimal(18, 3)) as fuel_liters,
        try_cast(round(engine_temp_celsius, 3) as decimal(18, 3)) as engine_celsius,
        try_cast(round(oil_pressure_psi, 3) as decimal(18, 3)) as oil_psi,
        try_cast(insurance_valid_until as date) as insured_until
    from deduplicated
),

renamed as (
    select
        -- ids
        event_id,
        {{ tidy_text('car_chassis') }} as car_chassis,

        -- texts
        {{ tidy_text('manufacturer') }} as manufacturer,
        {{ tidy_text('model') }} as model,
        {{ tidy_text('gas_type') }} as gas_type,
        {{ tidy_text('insurance_provider') }} as insurance_provider,
        _file_name as source_file,
        _file_hash,

        -- numbers
        year,
        mileage_km as current_mileage_km,
        fuel_liters as fuel_available_liters,
        engine_celsius as engine_temp_celsius,
        oil_psi as oil_pressure_psi,
        year(event_primary_timestamp) as event_year,
        month(event_primary_timestamp) as event_month,
        day(event_primary_timestamp) as event_day,
        _file_row,

        -- flags
        _is_deleted as is_deleted,

        -- times
        event_primary_timestamp,
        telemetry_timestamp,
        insured_until as insurance_valid_until,
        _file_modified_at,
        _ingested_at
    from typed
)

select * from renamed
