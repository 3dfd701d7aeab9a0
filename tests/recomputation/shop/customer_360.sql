-- One row per customer, those without an order included.
with item_totals as (
    select
        order_id,
        sum(gmv - discount - refund) as net_revenue
    from counted_items
    group by order_id
),

order_history as (
    select
        orders.customer_id,
        min(orders.placed_at) as first_placed_at,
        max(orders.placed_at) as last_placed_at,
        count(*) as orders_count,
        coalesce(sum(item_totals.net_revenue), 0) as lifetime_value
    from shop.orders
    left join item_totals on orders.order_id = item_totals.order_id
    where orders.status <> 'cancelled'
    group by orders.customer_id
),

dated as (
    select
        order_history.customer_id,
        order_history.last_placed_at,
        order_history.orders_count,
        order_history.lifetime_value,
        (order_history.first_placed_at at time zone 'UTC')::date
            as first_order_date,
        (order_history.last_placed_at at time zone 'UTC')::date
            as last_order_date,
        as_of.as_of_date,
        extract(
            epoch from
            order_history.last_placed_at - order_history.first_placed_at
        ) / 86400 as span_in_days
    from order_history
    cross join as_of
),

ranked as (
    select
        customer_id,
        first_order_date,
        last_order_date,
        orders_count,
        lifetime_value,
        span_in_days,
        orders_count - 1 as gaps_count,
        as_of_date - first_order_date as days_since_first_order,
        as_of_date - last_order_date as days_since_last_order,
        ntile(5) over (order by last_placed_at, customer_id) as recency,
        ntile(5) over (order by orders_count, customer_id) as frequency,
        ntile(5) over (order by lifetime_value, customer_id) as monetary
    from dated
)

select
    customers.customer_id,
    coalesce(
        nullif(upper(btrim(customers.country)), ''), 'unknown'
    ) as customer_country,
    ranked.first_order_date,
    ranked.last_order_date,
    coalesce(ranked.orders_count, 0)::bigint as orders_count,
    coalesce(ranked.lifetime_value, 0)::numeric(18, 2)
        as lifetime_value_amount,
    round(ranked.span_in_days / nullif(ranked.gaps_count, 0), 6)
    ::numeric(18, 6) as average_days_between_orders,
    ranked.days_since_last_order::integer as days_since_last_order,
    ranked.recency::integer as recency_quintile,
    ranked.frequency::integer as frequency_quintile,
    ranked.monetary::integer as monetary_quintile,
    case
        when ranked.customer_id is null then 'prospect'
        when ranked.days_since_first_order <= 30 then 'new'
        when least(ranked.recency, ranked.frequency, ranked.monetary) >= 4
            then 'champion'
        when ranked.recency >= 3 and ranked.frequency >= 3 then 'loyal'
        when ranked.recency <= 2 and ranked.frequency >= 3 then 'at_risk'
        when ranked.recency <= 2 then 'lost'
        else 'promising'
    end as segment,
    -- several orders: days since ÷ max(span ÷ gaps, 1), multiplied out by gaps
    case
        when ranked.customer_id is null then null
        when ranked.gaps_count = 0 and ranked.days_since_last_order <= 60
            then 'low'
        when ranked.gaps_count = 0 and ranked.days_since_last_order <= 120
            then 'medium'
        when ranked.gaps_count = 0 then 'high'
        when
            ranked.days_since_last_order * ranked.gaps_count
            <= 1.5 * greatest(ranked.span_in_days, ranked.gaps_count)
            then 'low'
        when
            ranked.days_since_last_order * ranked.gaps_count
            <= 3 * greatest(ranked.span_in_days, ranked.gaps_count)
            then 'medium'
        else 'high'
    end as churn_risk
from shop.customers
left join ranked on customers.customer_id = ranked.customer_id
