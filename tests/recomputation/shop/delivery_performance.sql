-- One row per ship date (UTC), carrier and customer's country.
-- Seconds are exact decimals (percentile_cont would go through floats), so a
-- half at the last digit rounds up as it should.
with order_totals as (
    select
        order_id,
        sum(units) as units,
        sum(returned_units) as returned_units,
        sum(gmv - discount) as paid_for_goods
    from counted_items
    group by order_id
),

shipped as (
    select
        shipments.shipment_id,
        shipments.shipping_cost,
        coalesce(order_totals.units, 0) as units,
        coalesce(order_totals.returned_units, 0) as returned_units,
        coalesce(order_totals.paid_for_goods, 0) as paid_for_goods,
        lower(btrim(shipments.carrier)) as carrier,
        (shipments.shipped_at at time zone 'UTC')::date as ship_date,
        coalesce(
            nullif(upper(btrim(customers.country)), ''), 'unknown'
        ) as customer_country,
        shipments.delivered_at is not null as is_delivered,
        shipments.delivered_at <= shipments.promised_at as is_on_time,
        extract(epoch from shipments.delivered_at - orders.placed_at)
            as seconds_from_placed,
        extract(epoch from shipments.delivered_at - shipments.shipped_at)
            as seconds_from_shipped
    from shop.shipments
    inner join shop.orders on shipments.order_id = orders.order_id
    inner join shop.customers on orders.customer_id = customers.customer_id
    left join order_totals on orders.order_id = order_totals.order_id
    where orders.status <> 'cancelled' and shipments.shipped_at is not null
),

-- The percentile lies at place 0.95 × (n − 1), counted from 0, between two
-- neighbours: each weighs one minus its distance from that place.
-- Undelivered shipments sort last and keep null weights.
placed_in_row as (
    select
        shipped.*,
        row_number() over by_placed - 1 as placed_position,
        row_number() over by_shipped - 1 as shipped_position,
        0.95 * (
            count(*) filter (where shipped.is_delivered) over whole_row - 1
        ) as percentile_position
    from shipped
    window
        whole_row as (
            partition by
                shipped.ship_date, shipped.carrier, shipped.customer_country
        ),
        by_placed as (
            whole_row order by shipped.seconds_from_placed nulls last
        ),
        by_shipped as (
            whole_row order by shipped.seconds_from_shipped nulls last
        )
)

select
    ship_date,
    carrier,
    customer_country,
    count(*)::bigint as shipments_count,
    count(*) filter (where is_delivered)::bigint as delivered_count,
    round(avg(seconds_from_placed) / 3600, 4)::numeric(18, 4)
        as average_placed_to_delivered_hours,
    round(
        sum(
            seconds_from_placed
            * greatest(0, 1 - abs(placed_position - percentile_position))
        ) / 3600, 4
    )::numeric(18, 4) as p95_placed_to_delivered_hours,
    round(avg(seconds_from_shipped) / 3600, 4)::numeric(18, 4)
        as average_shipped_to_delivered_hours,
    round(
        sum(
            seconds_from_shipped
            * greatest(0, 1 - abs(shipped_position - percentile_position))
        ) / 3600, 4
    )::numeric(18, 4) as p95_shipped_to_delivered_hours,
    round(
        (count(*) filter (where is_on_time))::numeric
        / nullif(count(*) filter (where is_delivered), 0), 6
    )::numeric(18, 6) as on_time_rate,
    round(
        sum(returned_units) filter (where is_delivered)
        / nullif(sum(units) filter (where is_delivered), 0), 6
    )::numeric(18, 6) as return_rate,
    round(
        sum(shipping_cost) / nullif(sum(paid_for_goods), 0), 6
    )::numeric(18, 6) as shipping_cost_rate
from placed_in_row
group by ship_date, carrier, customer_country
