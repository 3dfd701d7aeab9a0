-- One row per report of a car.
{{
    config(
        unique_key='report_id',
        partition_by='months(reported_at)',
    )
}}

with

source as (
    select * from {{ stream(source('cars', 'reports')) }}
),

deduplicated as (
    {{ deduplicate_latest('source', 'report_id', ['reported_at', '_ingested_at']) }}
),

renamed as (
    select
        report_id,
        car,
        mileage,
        fuel,
        cast(reported_at as date) as reported_date,
        cast(year(reported_at) as int) as report_year,
        cast(month(reported_at) as int) as report_month,
        cast(day(reported_at) as int) as report_day,
        cast(hour(reported_at) as int) as report_hour,
        upper(car) as car_code,
        length(car) as car_length,
        mileage > 100000 as is_old,
        fuel < 5 as is_thirsty,
        fuel is null as is_silent,
        cast(fuel as double) as fuel_litres,
        _is_deleted as is_deleted,
        reported_at,
        _ingested_at
    from deduplicated
)

select * from renamed
