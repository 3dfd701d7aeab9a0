-- One row per day on which orders were placed, customer's country and product's own category.
-- Trap: a return changes the day of its order, which may be long ago.
{{
    config(
        unique_key=['placed_date', 'customer_country', 'category_id'],
    )
}}

{%- set changes = changes_of(
    fct_order_items=['order_item_id'],
    dim_customers=['customer_id'],
    dim_products=['product_id'],
) %}

with

affected as (
    {% call affected_groups() %}
    select placed_date from {{ changes.fct_order_items }} as changed
    union
    select fct_order_items.placed_date
    from {{ ref('fct_order_items') }} as fct_order_items
    left semi join {{ changes.dim_customers }} as changed
        on fct_order_items.customer_id = changed.customer_id
    union
    select fct_order_items.placed_date
    from {{ ref('fct_order_items') }} as fct_order_items
    left semi join {{ changes.dim_products }} as changed
        on fct_order_items.product_id = changed.product_id
    {% endcall %}
),

fct_order_items as (
    select *
    from {{ ref('fct_order_items') }}
    where placed_date in (select affected.placed_date from affected)
),

dim_customers as (
    select * from {{ ref('dim_customers') }}
),

dim_products as (
    select * from {{ ref('dim_products') }}
),

-- A customer or product that is not landed yet must not cost its sale.
counted_items as (
    select
        fct_order_items.*,
        coalesce(dim_customers.customer_country, 'unknown') as customer_country,
        coalesce(dim_products.category_id, -1) as category_id,
        coalesce(dim_products.category_name, 'unknown') as category_name
    from fct_order_items
    left join dim_customers
        on fct_order_items.customer_id = dim_customers.customer_id
    left join dim_products
        on fct_order_items.product_id = dim_products.product_id
    where fct_order_items.is_counted
),

totalled as (
    select
        placed_date,
        customer_country,
        category_id,
        category_name,
        sum(gmv_amount) as gmv_amount,
        sum(discount_amount) as discount_amount,
        sum(refund_amount) as refund_amount,
        sum(net_revenue_amount) as net_revenue_amount,
        count(distinct order_id) as orders_count,
        sum(units_count) as units_count
    from counted_items
    group by
        placed_date,
        customer_country,
        category_id,
        category_name
),

described as (
    select
        -- day, country, category
        placed_date,
        customer_country,
        category_id,
        category_name,

        -- numbers
        cast(gmv_amount as decimal(18, 2)) as gmv_amount,
        cast(discount_amount as decimal(18, 2)) as discount_amount,
        cast(refund_amount as decimal(18, 2)) as refund_amount,
        cast(net_revenue_amount as decimal(18, 2)) as net_revenue_amount,
        orders_count,
        units_count,
        {{ ratio('gmv_amount - discount_amount', 'orders_count', 2) }}
            as average_order_value_amount
    from totalled
)

select * from described
