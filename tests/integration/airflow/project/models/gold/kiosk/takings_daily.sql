-- One row per day with a sale.
{%- set changes = changes_of(kiosk__sales=['sale_id']) %}

with

affected as (
    {% call affected_groups() %}
    select sold_date from {{ changes.kiosk__sales }}
    {% endcall %}
),

sales as (
    select * from {{ ref('kiosk__sales') }}
    where sold_date in (select affected.sold_date from affected)
),

summed as (
    select
        sold_date,
        cast(sum(amount) as bigint) as amount,
        count(*) as sales_count
    from sales
    group by sold_date
)

select * from summed
