"""The clickstream's figures: visits, purchases, the funnel, top lists -> rows of charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.queries.sql import query

if TYPE_CHECKING:
    import pyarrow as pa

STEPS = {"viewed_sessions_count": "view", "carted_sessions_count": "cart"}
STEPS |= {"purchased_sessions_count": "purchase"}
RATES = {"view_to_cart_rate": "view to cart", "cart_to_purchase_rate": "cart to purchase"}


def sessions_by_hour(sessions: pa.Table) -> pa.Table:
    """Return how many visits began in each hour, by device, oldest first."""
    return query(
        """
        select date_trunc('hour', started_at) as hour_at, device, count(*) as sessions_count
        from sessions
        group by all
        order by hour_at, device
        """,
        sessions=sessions,
    )


def purchases_by_hour(hours: pa.Table) -> pa.Table:
    """Return purchases and revenue of each hour that has any, oldest first."""
    return query(
        """
        select hour_at, revenue_amount, purchases_count, units_count, unpriced_purchases_count
        from hours
        order by hour_at
        """,
        hours=hours,
    )


def newest_sessions(sessions: pa.Table, limit: int = 50) -> pa.Table:
    """Return the visits that began last, and how far they went."""
    return query(
        """
        select started_at, ended_at, device, furthest_step, events_count, revenue_amount
        from sessions
        order by started_at desc, ended_at desc
        limit $limit
        """,
        {"limit": limit},
        sessions=sessions,
    )


def steps(days: pa.Table) -> pa.Table:
    """Return how many visits of all these days viewed, then filled a cart, then bought."""
    sums = ", ".join(f"sum({column})::bigint as {name}" for column, name in STEPS.items())
    names = list(STEPS.values())
    return query(
        f"""
        with sums as (select {sums} from days having count(*) > 0)

        select
            step,
            sessions_count,
            round(sessions_count / nullif(first(sessions_count) over (
                order by array_position({names}, step)
            ), 0), 4) as share_of_views_rate
        from (unpivot sums on {", ".join(names)} into name step value sessions_count)
        order by array_position({names}, step)
        """,
        days=days,
    )


def rates_by_day(days: pa.Table) -> pa.Table:
    """Return the share of visits that went on, by day and pair of steps."""
    renamed = ", ".join(f'{column}::double as "{name}"' for column, name in RATES.items())
    names = ", ".join(f'"{name}"' for name in RATES.values())
    return query(
        f"""
        with rates as (select started_date, {renamed} from days)

        select started_date, steps, conversion_rate
        from (unpivot rates on {names} into name steps value conversion_rate)
        order by started_date, array_position({list(RATES.values())}, steps)
        """,
        days=days,
    )


def top(rows: pa.Table, name: str, limit: int = 20) -> pa.Table:
    """Return what brought most revenue, the most first; `name` is the column of what it is."""
    return query(
        f"""
        select {name}, revenue_amount, purchases_count, units_count
        from rows
        order by revenue_amount desc, {name}
        limit $limit
        """,
        {"limit": limit},
        rows=rows,
    )
