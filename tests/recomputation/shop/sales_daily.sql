-- One row per placed date (UTC), customer's country and product's category.
with placed as (
    select
        counted_items.order_id,
        counted_items.units,
        counted_items.gmv,
        counted_items.discount,
        counted_items.refund,
        categories.category_id,
        btrim(categories.name) as category_name,
        (counted_items.placed_at at time zone 'UTC')::date as placed_date,
        coalesce(
            nullif(upper(btrim(customers.country)), ''), 'unknown'
        ) as customer_country
    from counted_items
    inner join
        shop.customers
        on counted_items.customer_id = customers.customer_id
    inner join
        shop.products
        on counted_items.product_id = products.product_id
    inner join
        shop.categories
        on products.category_id = categories.category_id
)

select
    placed_date,
    customer_country,
    category_id,
    category_name,
    sum(gmv)::numeric(18, 2) as gmv_amount,
    sum(discount)::numeric(18, 2) as discount_amount,
    sum(refund)::numeric(18, 2) as refund_amount,
    sum(gmv - discount - refund)::numeric(18, 2) as net_revenue_amount,
    count(distinct order_id)::bigint as orders_count,
    sum(units)::bigint as units_count,
    round(sum(gmv - discount) / count(distinct order_id), 2)::numeric(18, 2)
        as average_order_value_amount
from placed
group by placed_date, customer_country, category_id, category_name
