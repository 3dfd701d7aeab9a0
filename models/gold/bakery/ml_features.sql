-- One row per store, product and day, every day from the product's first sale there to the store's
-- newest sale. Trap: units_count is what is to be predicted; all else is known the evening before.
{{
    config(
        unique_key=['store_id', 'product_id', 'sold_date'],
    )
}}

{%- set changes = changes_of(
    bakery__sales=['event_id'],
    bakery__customer_feedback=['feedback_id'],
) %}

with

-- A sale reaches all later days of its store, by the last price, and the days without any sale
-- before it, which may be new with it. A comment reaches the 7 days after it.
affected as (
    {% call affected_groups() %}
    select
        store_id,
        explode(sequence(from_date, to_date)) as sold_date
    from (
        select
            changed.store_id,
            coalesce(
                date_add(
                    max(sales.sold_date) filter (where sales.sold_date < changed.first_date), 1
                ),
                changed.first_date
            ) as from_date,
            greatest(changed.last_date, max(sales.sold_date)) as to_date
        from (
            select
                store_id,
                min(sold_date) as first_date,
                max(sold_date) as last_date
            from {{ changes.bakery__sales }} as changed
            group by store_id
        ) as changed
        left join {{ ref('bakery__sales') }} as sales
            on changed.store_id = sales.store_id
        group by changed.store_id, changed.first_date, changed.last_date
    ) as spans
    union
    select
        store_id,
        explode(sequence(date_add(submitted_date, 1), date_add(submitted_date, 7))) as sold_date
    from {{ changes.bakery__customer_feedback }} as changed
    {% endcall %}
),

affected_stores as (
    select
        store_id,
        min(sold_date) as from_date
    from affected
    group by store_id
),

-- The affected days, and those before them that their windows look at.
days as (
    select
        product_days.*,
        daily_sentiments.mean_7_days_sentiment_score,
        affected.sold_date is not null as is_affected
    from {{ ref('bakery__product_days') }} as product_days
    inner join affected_stores
        on
            product_days.store_id = affected_stores.store_id
            and product_days.sold_date >= date_sub(affected_stores.from_date, 28)
    left join affected
        on
            product_days.store_id = affected.store_id
            and product_days.sold_date = affected.sold_date
    left join {{ ref('bakery__daily_sentiments') }} as daily_sentiments
        on
            product_days.store_id = daily_sentiments.store_id
            and product_days.product_id = daily_sentiments.product_id
            and product_days.sold_date = daily_sentiments.sold_date
),

described as (
    select
        -- store, product, day
        store_id,
        product_id,
        sold_date,

        -- what is to be predicted
        units_count,

        -- what was sold before
        lag(units_count, 1) over days_before as lag_1_units_count,
        lag(units_count, 7) over days_before as lag_7_units_count,
        lag(units_count, 14) over days_before as lag_14_units_count,
        {{ ratio('sum(units_count) over last_7_days', 'count(*) over last_7_days') }}
            as mean_7_days_units_count,
        {{ ratio('sum(units_count) over last_28_days', 'count(*) over last_28_days') }}
            as mean_28_days_units_count,

        -- the calendar
        weekday(sold_date) + 1 as weekday_number,
        weekday(sold_date) >= 5 as is_weekend,
        month(sold_date) as month_number,

        -- what was paid and said before
        last_unit_price_amount,
        last_discount_amount,
        mean_7_days_sentiment_score,
        is_affected
    from days
    window
        days_before as (partition by store_id, product_id order by sold_date),
        last_7_days as (
            partition by store_id, product_id order by sold_date
            rows between 7 preceding and 1 preceding
        ),
        last_28_days as (
            partition by store_id, product_id order by sold_date
            rows between 28 preceding and 1 preceding
        )
)

select * except (is_affected)
from described
where is_affected
