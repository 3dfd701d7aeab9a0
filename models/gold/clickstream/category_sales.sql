-- One row per category of which something was bought, over all time.
-- Trap: a product counts in the category that each purchase names, which may change over time.
{{
    config(
        unique_key='category',
    )
}}

with

purchases as (
    select *
    from {{ ref('clickstream__events') }}
    where event_type = 'purchase'
),

totalled as (
    select
        category,
        count(*) as purchases_count,
        sum(quantity) as units_count,
        cast(sum(quantity * price_amount) as decimal(18, 2)) as revenue_amount
    from purchases
    group by category
)

select * from totalled
