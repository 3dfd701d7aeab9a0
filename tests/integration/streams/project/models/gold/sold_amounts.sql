-- One row per amount that was sold for. Its table has another name than the model.
{{
    config(
        alias='amounts',
    )
}}

{%- set changes = changes_of(till__sales=['sale_id']) %}

with

affected as (
    {% call affected_groups() %}
    select amount from {{ changes.till__sales }}
    {% endcall %}
),

sales as (
    select * from {{ ref('till__sales') }}
    where
        amount in (select affected.amount from affected)
        and not is_deleted
),

counted as (
    select
        amount,
        amount >= 20 as is_large,
        count(*) as sales_count
    from sales
    group by amount
)

select * from counted
