-- One row per day of shipping, carrier and customer's country.
-- Trap: what comes back or is delivered later changes the day on which the order was shipped.
{{
    config(
        unique_key=['ship_date', 'carrier', 'customer_country'],
    )
}}

{%- set changes = changes_of(
    fct_shipments=['shipment_id'],
    fct_orders=['order_id'],
    dim_customers=['customer_id'],
) %}

with

affected as (
    {% call affected_groups() %}
    select ship_date from {{ changes.fct_shipments }} as changed
    union
    select fct_shipments.ship_date
    from {{ ref('fct_shipments') }} as fct_shipments
    left semi join {{ changes.fct_orders }} as changed
        on fct_shipments.order_id = changed.order_id
    union
    select fct_shipments.ship_date
    from {{ ref('fct_shipments') }} as fct_shipments
    left semi join {{ changes.dim_customers }} as changed
        on fct_shipments.customer_id = changed.customer_id
    {% endcall %}
),

fct_shipments as (
    select *
    from {{ ref('fct_shipments') }}
    where ship_date in (select affected.ship_date from affected)
),

fct_orders as (
    select * from {{ ref('fct_orders') }}
),

dim_customers as (
    select * from {{ ref('dim_customers') }}
),

counted_shipments as (
    select
        fct_shipments.*,
        coalesce(dim_customers.customer_country, 'unknown') as customer_country,
        fct_orders.gmv_amount - fct_orders.discount_amount as goods_amount,
        if(fct_shipments.is_delivered, fct_orders.units_count, 0) as delivered_units_count,
        if(fct_shipments.is_delivered, fct_orders.returned_units_count, 0)
            as returned_units_count,
        {{ micros_between('fct_shipments.placed_at', 'fct_shipments.delivered_at') }}
            as placed_to_delivered_micros,
        {{ micros_between('fct_shipments.shipped_at', 'fct_shipments.delivered_at') }}
            as shipped_to_delivered_micros
    from fct_shipments
    inner join fct_orders
        on fct_shipments.order_id = fct_orders.order_id
    left join dim_customers
        on fct_shipments.customer_id = dim_customers.customer_id
    where fct_shipments.is_counted
),

totalled as (
    select
        ship_date,
        carrier,
        customer_country,
        count(*) as shipments_count,
        count_if(is_delivered) as delivered_count,
        count_if(is_on_time) as on_time_count,
        sum(placed_to_delivered_micros) as placed_to_delivered_micros,
        sum(shipped_to_delivered_micros) as shipped_to_delivered_micros,
        sort_array(collect_list(placed_to_delivered_micros)) as placed_to_delivered_sorted,
        sort_array(collect_list(shipped_to_delivered_micros)) as shipped_to_delivered_sorted,
        sum(delivered_units_count) as delivered_units_count,
        sum(returned_units_count) as returned_units_count,
        sum(shipping_cost_amount) as shipping_cost_amount,
        sum(goods_amount) as goods_amount
    from counted_shipments
    group by
        ship_date,
        carrier,
        customer_country
),

described as (
    select
        -- day, carrier, country
        ship_date,
        carrier,
        customer_country,

        -- numbers
        shipments_count,
        delivered_count,
        {{ ratio('placed_to_delivered_micros', 'delivered_count * 3600000000', 4) }}
            as average_placed_to_delivered_hours,
        {{ percentile_hours('placed_to_delivered_sorted', 95) }}
            as p95_placed_to_delivered_hours,
        {{ ratio('shipped_to_delivered_micros', 'delivered_count * 3600000000', 4) }}
            as average_shipped_to_delivered_hours,
        {{ percentile_hours('shipped_to_delivered_sorted', 95) }}
            as p95_shipped_to_delivered_hours,
        {{ ratio('on_time_count', 'delivered_count') }} as on_time_rate,
        {{ ratio('returned_units_count', 'delivered_units_count') }} as return_rate,
        {{ ratio('shipping_cost_amount', 'goods_amount') }} as shipping_cost_rate
    from totalled
)

select * from described
