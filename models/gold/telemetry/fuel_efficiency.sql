-- One row per car and day (UTC) on which it reported.
-- Trap: a report that arrives late changes its own day and that of the car's next report.
{{
    config(
        unique_key=['car_chassis', 'reported_date'],
    )
}}

with

telemetry_events as (
    select *
    from {{ ref('telemetry__events') }}
    where not is_deleted
),

-- What a report does not say has not changed.
differences as (
    select
        car_chassis,
        cast(telemetry_timestamp as date) as reported_date,
        current_mileage_km - last_value(current_mileage_km, true) over earlier_reports
            as mileage_change_km,
        fuel_available_liters - last_value(fuel_available_liters, true) over earlier_reports
            as fuel_change_liters
    from telemetry_events
    window earlier_reports as (
        partition by car_chassis
        order by telemetry_timestamp, event_primary_timestamp
        rows between unbounded preceding and 1 preceding
    )
),

totalled as (
    select
        car_chassis,
        reported_date,
        count(*) as reports_count,
        coalesce(sum(mileage_change_km) filter (where mileage_change_km > 0), 0) as km_driven,
        coalesce(-sum(fuel_change_liters) filter (where fuel_change_liters < 0), 0) as liters_used,
        count_if(fuel_change_liters > 0) as refuels_count,
        coalesce(sum(fuel_change_liters) filter (where fuel_change_liters > 0), 0)
            as liters_refuelled
    from differences
    group by
        car_chassis,
        reported_date
),

described as (
    select
        -- ids
        car_chassis,

        -- numbers
        reports_count,
        cast(km_driven as decimal(18, 3)) as km_driven,
        cast(liters_used as decimal(18, 3)) as liters_used,
        refuels_count,
        cast(liters_refuelled as decimal(18, 3)) as liters_refuelled,
        {{ ratio('km_driven * 1000', 'liters_used * 1000', 3) }} as km_per_liter,

        -- times
        reported_date
    from totalled
)

select * from described
