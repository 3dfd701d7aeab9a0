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

{%- set longest_window_days = 28 %}
{%- set sentiment_days = 7 %}

with

-- A sale reaches all later days of its store, by the last price, and the days without any sale
-- before it, which may be new with it. A comment reaches a week.
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
        group by
            changed.store_id,
            changed.first_date,
            changed.last_date
    ) as spans
    union
    select
        store_id,
        explode(
            sequence(date_add(submitted_date, 1), date_add(submitted_date, {{ sentiment_days }}))
        ) as sold_date
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

sales as (
    select * from {{ ref('bakery__sales') }}
),

feedback as (
    select * from {{ ref('bakery__customer_feedback') }}
),

sold_days as (
    select
        store_id,
        product_id,
        sold_date,
        sum(quantity) as units_count,
        max_by(unit_price_amount, struct(sold_at, event_id)) as unit_price_amount,
        max_by(discount_amount, struct(sold_at, event_id)) as discount_amount,
        max(max(sold_date)) over (partition by store_id) as newest_date,
        min(sold_date) over (partition by store_id, product_id) as first_date
    from sales
    group by
        store_id,
        product_id,
        sold_date
),

-- Where the windows of the touched days begin, and what was last paid before that.
spans as (
    select
        sold_days.store_id,
        sold_days.product_id,
        greatest(
            min(sold_days.first_date),
            date_sub(min(affected_stores.from_date), {{ longest_window_days }})
        ) as start_date,
        max(sold_days.newest_date) as newest_date,
        max_by(
            struct(sold_days.unit_price_amount, sold_days.discount_amount), sold_days.sold_date
        ) filter (
            where
            sold_days.sold_date < date_sub(affected_stores.from_date, {{ longest_window_days }})
        ) as opening
    from sold_days
    inner join affected_stores
        on sold_days.store_id = affected_stores.store_id
    group by
        sold_days.store_id,
        sold_days.product_id
),

days as (
    select
        store_id,
        product_id,
        opening,
        explode(sequence(start_date, newest_date)) as sold_date
    from spans
    where start_date <= newest_date
),

history as (
    select
        days.store_id,
        days.product_id,
        days.sold_date,
        coalesce(sold_days.units_count, 0) as units_count,
        lag(coalesce(sold_days.units_count, 0), 1) over days_before as lag_1_units_count,
        lag(coalesce(sold_days.units_count, 0), 7) over days_before as lag_7_units_count,
        lag(coalesce(sold_days.units_count, 0), 14) over days_before as lag_14_units_count,
        sum(coalesce(sold_days.units_count, 0)) over last_7_days as last_7_days_units_count,
        count(*) over last_7_days as last_7_days_count,
        sum(coalesce(sold_days.units_count, 0)) over last_28_days as last_28_days_units_count,
        count(*) over last_28_days as last_28_days_count,
        coalesce(
            last_value(sold_days.unit_price_amount, true) over all_days_before,
            days.opening.unit_price_amount
        ) as last_unit_price_amount,
        coalesce(
            last_value(sold_days.discount_amount, true) over all_days_before,
            days.opening.discount_amount
        ) as last_discount_amount
    from days
    left join sold_days
        on
            days.store_id = sold_days.store_id
            and days.product_id = sold_days.product_id
            and days.sold_date = sold_days.sold_date
    window
        days_before as (
            partition by days.store_id, days.product_id
            order by days.sold_date
        ),
        last_7_days as (
            partition by days.store_id, days.product_id
            order by days.sold_date
            rows between 7 preceding and 1 preceding
        ),
        last_28_days as (
            partition by days.store_id, days.product_id
            order by days.sold_date
            rows between 28 preceding and 1 preceding
        ),
        all_days_before as (
            partition by days.store_id, days.product_id
            order by days.sold_date
            rows between unbounded preceding and 1 preceding
        )
),

-- Each comment, on each of the days that it is a feature of.
sentiments as (
    select
        store_id,
        product_id,
        explode(
            sequence(date_add(submitted_date, 1), date_add(submitted_date, {{ sentiment_days }}))
        ) as sold_date,
        sentiment_score
    from feedback
    where sentiment_score is not null
),

mean_sentiments as (
    select
        store_id,
        product_id,
        sold_date,
        sum(sentiment_score) * 10000 as sentiment_sum,
        count(*) * 10000 as sentiment_parts_count
    from sentiments
    group by
        store_id,
        product_id,
        sold_date
),

described as (
    select
        -- store, product, day
        history.store_id,
        history.product_id,
        history.sold_date,

        -- what is to be predicted
        history.units_count,

        -- what was sold before
        history.lag_1_units_count,
        history.lag_7_units_count,
        history.lag_14_units_count,
        {{ ratio('history.last_7_days_units_count', 'history.last_7_days_count') }}
            as mean_7_days_units_count,
        {{ ratio('history.last_28_days_units_count', 'history.last_28_days_count') }}
            as mean_28_days_units_count,

        -- the calendar
        weekday(history.sold_date) + 1 as weekday_number,
        weekday(history.sold_date) >= 5 as is_weekend,
        month(history.sold_date) as month_number,

        -- what was paid and said before
        history.last_unit_price_amount,
        history.last_discount_amount,
        {{ ratio('mean_sentiments.sentiment_sum', 'mean_sentiments.sentiment_parts_count', 4) }}
            as mean_7_days_sentiment_score
    from history
    left semi join affected
        on
            history.store_id = affected.store_id
            and history.sold_date = affected.sold_date
    left join mean_sentiments
        on
            history.store_id = mean_sentiments.store_id
            and history.product_id = mean_sentiments.product_id
            and history.sold_date = mean_sentiments.sold_date
)

select * from described
