-- One row per size of sale, large or not.
{%- set changes = changes_of(sold_amounts=['amount']) %}

with

affected as (
    {% call affected_groups() %}
    select is_large from {{ changes.sold_amounts }}
    {% endcall %}
),

sold_amounts as (
    select * from {{ ref('sold_amounts') }}
    where is_large in (select affected.is_large from affected)
),

summed as (
    select
        is_large,
        sum(sales_count) as sales_count
    from sold_amounts
    group by is_large
)

select * from summed
