"""The bakeries' figures: a day's sales, feedback, machines, orders to place -> rows of charts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from dashboard.queries.sql import query

if TYPE_CHECKING:
    import pyarrow as pa


def day_by_store(sales: pa.Table, day: date) -> pa.Table:
    """Return the revenue of each store on a day and a week before, most first.

    A store that sold nothing on the day has no row.
    """
    return query(
        """
        with days as (
            select
                store_id,
                sum(revenue_amount) filter (sold_date = $day) as revenue_amount,
                sum(revenue_amount) filter (sold_date = $day - 7) as revenue_a_week_before_amount,
                sum(units_count) filter (sold_date = $day)::bigint as units_count
            from sales
            group by all
        )

        select * from days
        where revenue_amount is not null
        order by revenue_amount desc, store_id
        """,
        {"day": day},
        sales=sales,
    )


def day_by_category(sales: pa.Table, day: date) -> pa.Table:
    """Return the revenue, units and discounts of each category on a day, most revenue first."""
    return query(
        """
        select
            category,
            sum(revenue_amount) as revenue_amount,
            sum(units_count)::bigint as units_count,
            sum(discount_amount) as discount_amount
        from sales
        where sold_date = $day
        group by all
        order by revenue_amount desc, category
        """,
        {"day": day},
        sales=sales,
    )


def revenue_by_day(sales: pa.Table) -> pa.Table:
    """Return the revenue and units of each day, oldest first."""
    return query(
        """
        select
            sold_date,
            sum(revenue_amount) as revenue_amount,
            sum(units_count)::bigint as units_count
        from sales
        group by all
        order by sold_date
        """,
        sales=sales,
    )


def sentiments(feedback: pa.Table) -> pa.Table:
    """Return comments of each week (by its Monday) and sentiment, those without words left out."""
    return query(
        """
        select
            date_trunc('week', submitted_date)::date as week_start_date,
            sentiment_label,
            count(*) as comments_count
        from feedback
        where sentiment_label is not null
        group by week_start_date, sentiment_label
        order by
            week_start_date, array_position(['positive', 'neutral', 'negative'], sentiment_label)
        """,
        feedback=feedback,
    )


def ratings_by(feedback: pa.Table, column: str, least: int = 1) -> pa.Table:
    """Return mean stars for each value of a column with at least `least` ratings, worst first."""
    return query(
        f"""
        select
            {column},
            round(avg(rating), 2) as average_rating,
            round(avg(sentiment_score), 2)::double as average_sentiment_score,
            count(rating) as ratings_count
        from feedback
        where {column} is not null
        group by all
        having count(rating) >= $least
        order by average_rating, {column}
        """,
        {"least": least},
        feedback=feedback,
    )


def ratings_of_segments(customers: pa.Table) -> pa.Table:
    """Return the mean of customers' own mean stars for each segment, worst first."""
    return query(
        """
        select
            segment,
            round(avg(average_rating), 2)::double as average_rating,
            count(average_rating) as rating_customers_count,
            count(*) as customers_count
        from customers
        group by segment
        having count(average_rating) > 0
        order by average_rating, segment
        """,
        customers=customers,
    )


def temperatures(readings: pa.Table) -> pa.Table:
    """Return the mean temperature of each machine in each hour, oldest first."""
    return query(
        """
        select
            date_trunc('hour', recorded_at) as hour_at,
            equipment_id,
            round(avg(temperature_celsius), 1) as average_temperature_celsius
        from readings
        where temperature_celsius is not null
        group by all
        order by hour_at, equipment_id
        """,
        readings=readings,
    )


def alerts_by_machine(readings: pa.Table) -> pa.Table:
    """Return how many readings of each machine broke a limit, by level, worst machines first."""
    return query(
        """
        select equipment_id, alert_level, count(*) as alerts_count
        from readings
        where alert_level in ('warning', 'critical')
        group by equipment_id, alert_level
        order by
            sum(count(*)) over (partition by equipment_id) desc,
            equipment_id,
            array_position(['warning', 'critical'], alert_level)
        """,
        readings=readings,
    )


def newest_alerts(readings: pa.Table, limit: int = 50) -> pa.Table:
    """Return the newest readings that broke a limit, and which."""
    return query(
        """
        select recorded_at, equipment_id, alert_level, alert_reason
        from readings
        where alert_level in ('warning', 'critical')
        order by recorded_at desc, equipment_id
        limit $limit
        """,
        {"limit": limit},
        readings=readings,
    )


def orders_to_place(shelves: pa.Table, products: pa.Table) -> pa.Table:
    """Return what is to be ordered now, the shelves that are empty first at the top."""
    return query(
        """
        select
            store_id || ', ' || coalesce(product_name, product_id) as shelf,
            recommended_order_quantity,
            unit,
            on_hand_quantity,
            days_of_cover
        from shelves
        left join products using (product_id)
        where status = 'order_now'
        order by days_of_cover nulls last, shelf
        """,
        shelves=shelves,
        products=products,
    )


def shelves_by_status(shelves: pa.Table) -> pa.Table:
    """Return how many shelves of each store are to be filled now, watched, or fine."""
    return query(
        """
        select store_id, status, count(*) as shelves_count
        from shelves
        group by store_id, status
        order by store_id, array_position(['order_now', 'watch', 'fine'], status)
        """,
        shelves=shelves,
    )
