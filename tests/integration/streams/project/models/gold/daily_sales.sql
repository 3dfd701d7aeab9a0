-- One row per day with a sale; a day that takes more than an int holds fails.
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
        cast(cast(sum(amount) as int) as bigint) as amount,
        count(*) as sales_count
    from sales
    group by sold_date
)

select * from summed
