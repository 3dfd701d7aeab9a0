-- One row per customer that is not deleted, those who never ordered included.
-- Trap: quintiles rank all customers against each other and the as-of date moves every recency,
-- so one new order changes many rows: refresh_mode full.
{{
    config(
        unique_key='customer_id',
        refresh_mode='full',
    )
}}

with

dim_customers as (
    select * from {{ ref('dim_customers') }}
),

fct_orders as (
    select * from {{ ref('fct_orders') }}
),

as_of as (
    select max(placed_date) as as_of_date
    from fct_orders
    where not is_deleted
),

-- Gaps between orders as sums of microseconds, because averages would be rounded.
orders_by_customer as (
    select
        customer_id,
        count(*) as orders_count,
        min(placed_date) as first_order_date,
        max(placed_date) as last_order_date,
        max(placed_at) as last_placed_at,
        cast(sum(net_revenue_amount) as decimal(18, 2)) as lifetime_value_amount,
        {{ micros_between('min(placed_at)', 'max(placed_at)') }} as gaps_micros,
        cast((count(*) - 1) * 86400000000 as decimal(20, 0)) as gaps_of_one_day_micros
    from fct_orders
    where is_counted
    group by customer_id
),

customers as (
    select
        dim_customers.customer_id,
        dim_customers.customer_country,
        orders_by_customer.* except (customer_id),
        coalesce(orders_by_customer.orders_count, 0) > 0 as has_orders,
        datediff(as_of.as_of_date, orders_by_customer.first_order_date)
            as days_since_first_order,
        datediff(as_of.as_of_date, orders_by_customer.last_order_date)
            as days_since_last_order
    from dim_customers
    cross join as_of
    left join orders_by_customer
        on dim_customers.customer_id = orders_by_customer.customer_id
    where not dim_customers.is_deleted
),

ranked_customers as (
    select
        *,
        ntile(5) over (partition by has_orders order by last_placed_at, customer_id)
            as recency_quintile,
        ntile(5) over (partition by has_orders order by orders_count, customer_id)
            as frequency_quintile,
        ntile(5) over (partition by has_orders order by lifetime_value_amount, customer_id)
            as monetary_quintile,
        days_since_last_order * gaps_of_one_day_micros as silence_micros,
        greatest(gaps_micros, gaps_of_one_day_micros) as usual_silence_micros
    from customers
),

described as (
    select
        -- who
        customer_id,
        customer_country,

        -- orders
        first_order_date,
        last_order_date,
        coalesce(orders_count, 0) as orders_count,
        coalesce(lifetime_value_amount, 0) as lifetime_value_amount,
        {{ ratio('gaps_micros', 'gaps_of_one_day_micros', 6) }} as average_days_between_orders,
        days_since_last_order,

        -- ranks, 5 is best
        if(has_orders, recency_quintile, null) as recency_quintile,
        if(has_orders, frequency_quintile, null) as frequency_quintile,
        if(has_orders, monetary_quintile, null) as monetary_quintile,

        -- first match wins
        case
            when not has_orders then 'prospect'
            when days_since_first_order <= 30 then 'new'
            when least(recency_quintile, frequency_quintile, monetary_quintile) >= 4
                then 'champion'
            when recency_quintile >= 3 and frequency_quintile >= 3 then 'loyal'
            when recency_quintile <= 2 and frequency_quintile >= 3 then 'at_risk'
            when recency_quintile <= 2 then 'lost'
            else 'promising'
        end as segment,
        case
            when not has_orders then null
            when orders_count = 1 and days_since_last_order <= 60 then 'low'
            when orders_count = 1 and days_since_last_order <= 120 then 'medium'
            when orders_count = 1 then 'high'
            when silence_micros <= 1.5 * usual_silence_micros then 'low'
            when silence_micros <= 3 * usual_silence_micros then 'medium'
            else 'high'
        end as churn_risk
    from ranked_customers
)

select * from described
