-- One row per day with a report.
{{ config(unique_key='reported_date') }}

{%- set changes = changes_of(cars__reports=['report_id']) %}

with

affected as (
    {% call affected_groups() %}
    select reported_date from {{ changes.cars__reports }}
    {% endcall %}
),

summed as (
    select
        reported_date,
        count(*) as reports_count,
        max(mileage) as largest_mileage
    from {{ ref('cars__reports') }}
    where reported_date in (select affected.reported_date from affected)
    group by reported_date
)

select * from summed
