-- One row per customer whose card was ever shown at a till.
-- Trap: a sale on a new day moves every customer's days_since_last_visit.
{{
    config(
        unique_key='customer_id',
    )
}}

with

sales as (
    select * from {{ ref('bakery__sales') }}
),

feedback as (
    select * from {{ ref('bakery__customer_feedback') }}
),

as_of as (
    select max(sold_date) as as_of_date
    from sales
),

visits as (
    select
        sales.customer_id,
        count(distinct sales.ticket_id) as visits_count,
        count(
            distinct
            if(datediff(as_of.as_of_date, sales.sold_date) < 28, sales.ticket_id, null)
        ) as visits_last_28_days_count,
        sum(sales.total_amount) as spend_amount,
        min(sales.sold_date) as first_visit_date,
        max(sales.sold_date) as last_visit_date,
        datediff(max(as_of.as_of_date), max(sales.sold_date)) as days_since_last_visit
    from sales
    cross join as_of
    where sales.customer_id is not null
    group by sales.customer_id
),

category_units as (
    select
        customer_id,
        category,
        sum(quantity) as units_count
    from sales
    where customer_id is not null
    group by
        customer_id,
        category
),

favourites as (
    select
        customer_id,
        min_by(category, struct(-units_count, category)) as favourite_category
    from category_units
    group by customer_id
),

opinions as (
    select
        customer_id,
        sum(rating) as ratings_sum,
        count(rating) as ratings_count,
        sum(sentiment_score) * 10000 as sentiment_sum,
        count(sentiment_score) * 10000 as sentiment_parts_count
    from feedback
    where customer_id is not null
    group by customer_id
),

described as (
    select
        -- who
        visits.customer_id,

        -- visits
        visits.visits_count,
        visits.visits_last_28_days_count,
        cast(visits.spend_amount as decimal(18, 2)) as spend_amount,
        {{ ratio('visits.spend_amount', 'visits.visits_count', 2) }} as average_basket_amount,
        favourites.favourite_category,
        visits.first_visit_date,
        visits.last_visit_date,
        visits.days_since_last_visit,

        -- opinions
        {{ ratio('opinions.ratings_sum', 'opinions.ratings_count', 2) }} as average_rating,
        {{ ratio('opinions.sentiment_sum', 'opinions.sentiment_parts_count', 4) }}
            as average_sentiment_score,

        -- first match wins
        case
            when visits.visits_count = 1 then 'one_time'
            when visits.visits_last_28_days_count = 0 then 'lapsed'
            when visits.visits_last_28_days_count >= 4 then 'regular'
            else 'occasional'
        end as segment
    from visits
    inner join favourites
        on visits.customer_id = favourites.customer_id
    left join opinions
        on visits.customer_id = opinions.customer_id
)

select * from described
