-- Each shipment that counts is in just one row of its day.
-- Returns the days on which shipments or deliveries differ from the facts.
with

fct_shipments as (
    select * from {{ ref('fct_shipments') }}
),

delivery_performance as (
    select * from {{ ref('delivery_performance') }}
),

facts as (
    select
        ship_date,
        count(*) as shipments_count,
        count_if(is_delivered) as delivered_count
    from fct_shipments
    where is_counted
    group by ship_date
),

performance as (
    select
        ship_date,
        sum(shipments_count) as shipments_count,
        sum(delivered_count) as delivered_count
    from delivery_performance
    group by ship_date
)

select
    coalesce(facts.ship_date, performance.ship_date) as ship_date,
    facts.shipments_count,
    performance.shipments_count as counted_shipments_count
from facts
full outer join performance
    on facts.ship_date = performance.ship_date
where
    not facts.shipments_count <=> performance.shipments_count
    or not facts.delivered_count <=> performance.delivered_count
