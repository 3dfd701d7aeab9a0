-- Net revenue and units are the same whether counted by item, by order or by customer.
-- Returns one row where they are not. Customers deleted upstream have no row in customer_360.
with

dim_customers as (
    select * from {{ ref('dim_customers') }}
),

fct_order_items as (
    select * from {{ ref('fct_order_items') }}
),

fct_orders as (
    select * from {{ ref('fct_orders') }}
),

customer_360 as (
    select * from {{ ref('customer_360') }}
),

items as (
    select
        coalesce(sum(net_revenue_amount), 0) as net_revenue_amount,
        coalesce(sum(units_count), 0) as units_count
    from fct_order_items
    where is_counted
),

orders as (
    select
        coalesce(sum(net_revenue_amount), 0) as net_revenue_amount,
        coalesce(sum(units_count), 0) as units_count
    from fct_orders
    where is_counted
),

orders_of_customers as (
    select
        coalesce(sum(fct_orders.net_revenue_amount), 0) as net_revenue_amount,
        count(*) as orders_count
    from fct_orders
    inner join dim_customers
        on fct_orders.customer_id = dim_customers.customer_id
    where
        fct_orders.is_counted
        and not dim_customers.is_deleted
),

customers as (
    select
        coalesce(sum(lifetime_value_amount), 0) as lifetime_value_amount,
        coalesce(sum(orders_count), 0) as orders_count
    from customer_360
)

select
    items.net_revenue_amount as by_item_amount,
    orders.net_revenue_amount as by_order_amount,
    orders_of_customers.net_revenue_amount as of_customers_amount,
    customers.lifetime_value_amount as by_customer_amount
from items
cross join orders
cross join orders_of_customers
cross join customers
where
    items.net_revenue_amount <> orders.net_revenue_amount
    or items.units_count <> orders.units_count
    or orders_of_customers.net_revenue_amount <> customers.lifetime_value_amount
    or orders_of_customers.orders_count <> customers.orders_count
