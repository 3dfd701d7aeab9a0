-- One row per reading of a machine, judged by the limits of its kind.
-- Trap: a reading may pass several limits; the level is that of the worst, the reason names all.

with

source as (
    select * from {{ stream(source('bakery', 'equipment_metrics')) }}
),

usable as (
    select * from source
    where {{ is_usable() }}
),

deduplicated as (
    {{ deduplicate_latest('usable', 'reading_id', ['recorded_at', '_file_name', '_file_row']) }}
),

limits as (
    select
        equipment_type,
        sort_array(
            collect_list(
                struct(metric, warning_below, warning_above, critical_below, critical_above)
            )
        ) as watched
    from {{ ref('bakery_equipment_limits') }}
    group by equipment_type
),

measured as (
    select
        deduplicated.*,
        coalesce(limits.watched, array()) as watched,
        map(
            'temperature_celsius', deduplicated.temperature_celsius,
            'humidity_percent', deduplicated.humidity_percent,
            'power_kw', deduplicated.power_kw,
            'vibration_mm_s', deduplicated.vibration_mm_s
        ) as found
    from deduplicated
    left join limits
        on deduplicated.equipment_type = limits.equipment_type
),

-- How far each watched measure goes: 2 critical, 1 a warning, and the limit it passes.
compared as (
    select
        *,
        transform(
            watched,
            metric -> case
                when try_element_at(found, metric.metric) < metric.critical_below
                    then struct(2 as severity, 'below' as side, metric.critical_below as passed)
                when try_element_at(found, metric.metric) > metric.critical_above
                    then struct(2 as severity, 'above' as side, metric.critical_above as passed)
                when try_element_at(found, metric.metric) < metric.warning_below
                    then struct(1 as severity, 'below' as side, metric.warning_below as passed)
                when try_element_at(found, metric.metric) > metric.warning_above
                    then struct(1 as severity, 'above' as side, metric.warning_above as passed)
            end
        ) as verdicts
    from measured
),

judged as (
    select
        *,
        array_max(transform(verdicts, verdict -> verdict.severity)) as severity,
        concat_ws(
            '; ',
            zip_with(
                watched,
                verdicts,
                (metric, verdict) -> if(
                    verdict is null,
                    null,
                    concat_ws(
                        ' ',
                        metric.metric,
                        try_element_at(found, metric.metric),
                        verdict.side,
                        verdict.passed
                    )
                )
            )
        ) as reasons
    from compared
),

renamed as (
    select
        -- ids
        reading_id,
        equipment_id,
        store_id,

        -- texts
        equipment_type,
        case severity
            when 2 then 'critical'
            when 1 then 'warning'
            else 'normal'
        end as alert_level,
        nullif(reasons, '') as alert_reason,

        -- numbers
        temperature_celsius,
        humidity_percent,
        power_kw,
        vibration_mm_s,

        -- flags
        _is_deleted as is_deleted,

        -- times
        recorded_at,
        _ingested_at,

        -- where from
        _file_name,
        _file_row
    from judged
)

select * from renamed
