-- One row per store, day of the store's own calendar and category.
-- Trap: a ticket with products of several categories counts in each of their rows.
{{
    config(
        unique_key=['store_id', 'sold_date', 'category'],
    )
}}

with

sales as (
    select * from {{ ref('bakery__sales') }}
),

totals as (
    select
        store_id,
        sold_date,
        category,
        count(distinct ticket_id) as tickets_count,
        sum(quantity) as units_count,
        sum(total_amount) as revenue_amount,
        sum(discount_amount) as discount_amount
    from sales
    group by
        store_id,
        sold_date,
        category
),

product_revenues as (
    select
        store_id,
        sold_date,
        category,
        product_id,
        sum(total_amount) as revenue_amount
    from sales
    group by
        store_id,
        sold_date,
        category,
        product_id
),

best_products as (
    select
        store_id,
        sold_date,
        category,
        min_by(product_id, struct(-revenue_amount, product_id)) as best_product_id
    from product_revenues
    group by
        store_id,
        sold_date,
        category
),

described as (
    select
        -- store, day, category
        totals.store_id,
        totals.sold_date,
        totals.category,

        -- numbers
        totals.tickets_count,
        totals.units_count,
        cast(totals.revenue_amount as decimal(18, 2)) as revenue_amount,
        cast(totals.discount_amount as decimal(18, 2)) as discount_amount,
        {{ ratio('totals.revenue_amount', 'totals.tickets_count', 2) }} as average_ticket_amount,

        -- what sold best
        best_products.best_product_id
    from totals
    inner join best_products
        on
            totals.store_id = best_products.store_id
            and totals.sold_date = best_products.sold_date
            and totals.category = best_products.category
)

select * from described
