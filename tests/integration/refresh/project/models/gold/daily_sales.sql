-- One row per day with a sale; a negative amount fails.
{{ config(
    materialized='dynamic_table',
    target_lag='4 seconds',
    refresh_mode='AUTO',
    initialize='ON_CREATE',
    snowflake_warehouse='none_here',
    unique_key='sold_date',
) }}
{%- set changes = changes_of(till__sales=['sale_id']) %}

with

affected as (
    {% call affected_groups() %}
    select sold_date from {{ changes.till__sales }}
    {% endcall %}
),

sales as (
    select * from {{ ref('till__sales') }}
    where
        sold_date in (select affected.sold_date from affected)
        and not is_deleted
),

summed as (
    select
        sold_date,
        cast(sum(if(amount < 0, raise_error('a negative amount'), amount)) as bigint) as amount,
        count(*) as sales_count
    from sales
    group by sold_date
)

select * from summed
