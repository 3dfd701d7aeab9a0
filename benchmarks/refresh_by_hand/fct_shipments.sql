-- One row per shipment, which carries one whole order.
-- Trap: durations here are rounded for reading; averages are made from the times themselves.
{{
    config(
        unique_key='shipment_id',
    )
}}

{%- set changes = changes_of(
    shop__shipments=['shipment_id'],
    fct_orders=['order_id'],
) %}

with

affected as (
    {% call affected_groups() %}
    select shipment_id from {{ changes.shop__shipments }} as changed
    union
    select shipments.shipment_id
    from {{ ref('shop__shipments') }} as shipments
    left semi join {{ changes.fct_orders }} as changed
        on shipments.order_id = changed.order_id
    {% endcall %}
),

shipments as (
    select *
    from {{ ref('shop__shipments') }}
    where shipment_id in (select affected.shipment_id from affected)
),

fct_orders as (
    select * from {{ ref('fct_orders') }}
),

measured as (
    select
        -- ids
        shipments.shipment_id,
        shipments.order_id,
        fct_orders.customer_id,
        shipments.warehouse_id,

        -- texts
        shipments.carrier,

        -- numbers
        shipments.shipping_cost as shipping_cost_amount,
        {{ hours_between('fct_orders.placed_at', 'shipments.shipped_at') }}
            as placed_to_shipped_hours,
        {{ hours_between('shipments.shipped_at', 'shipments.delivered_at') }}
            as shipped_to_delivered_hours,
        {{ hours_between('fct_orders.placed_at', 'shipments.delivered_at') }}
            as placed_to_delivered_hours,
        {{ hours_between('shipments.promised_at', 'shipments.delivered_at') }}
            as promised_to_delivered_hours,

        -- flags
        shipments.delivered_at is not null as is_delivered,
        shipments.delivered_at <= shipments.promised_at as is_on_time,
        shipments.is_deleted,
        not shipments.is_deleted and coalesce(fct_orders.is_counted, false) as is_counted,

        -- times
        fct_orders.placed_at,
        shipments.shipped_at,
        shipments.promised_at,
        shipments.delivered_at,
        cast(shipments.shipped_at as date) as ship_date,
        cast(shipments.promised_at as date) as promised_date,
        cast(shipments.delivered_at as date) as delivered_date
    from shipments
    left join fct_orders
        on shipments.order_id = fct_orders.order_id
)

select * from measured
