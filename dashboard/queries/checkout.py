"""The checkout's figures: orders of this moment and their lag -> rows of charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.queries.sql import query

if TYPE_CHECKING:
    import pyarrow as pa

STATUSES = ("pending", "paid", "shipped", "cancelled")


def sales_by_minute(minutes: pa.Table) -> pa.Table:
    """Return the minutes of `checkout_sales_by_minute`, oldest first."""
    return query(
        """
        select
            minute_at,
            orders_count,
            units_count,
            revenue_amount,
            cancelled_orders_count
        from minutes
        order by minute_at
        """,
        minutes=minutes,
    )


def statuses_by_day(funnel: pa.Table) -> pa.Table:
    """Return orders by day and the status that they have now, a row for each."""
    counts = ", ".join(f"{status}_orders_count as {status}" for status in STATUSES)
    return query(
        f"""
        with counts as (select ordered_date, {counts} from funnel)

        select ordered_date, order_status, orders_count
        from (unpivot counts on {", ".join(STATUSES)} into name order_status value orders_count)
        order by ordered_date, array_position({list(STATUSES)}, order_status)
        """,
        funnel=funnel,
    )


def disagreeing(orders: pa.Table) -> pa.Table:
    """Return orders whose header disagrees with their items, newest first."""
    return query(
        """
        select
            order_id,
            order_status,
            ordered_at,
            total_amount,
            items_amount,
            difference_amount
        from orders
        where not is_consistent
        order by ordered_at desc, order_id
        """,
        orders=orders,
    )


def of_checkout(lags: pa.Table) -> pa.Table:
    """Return the rows of ops.lags that are of the checkout's gold tables."""
    return query(
        "select * from lags where model_name like 'gold.checkout\\_%' escape '\\'", lags=lags
    )


def lags_over_time(lags: pa.Table) -> pa.Table:
    """Return, for each commit of a table, the longest lag from its roots, oldest first."""
    return query(
        """
        select
            readable_at,
            model_name,
            max(lag_seconds) as lag_seconds,
            any_value(target_lag_seconds) as target_lag_seconds,
            sum(rows_count)::bigint as rows_count
        from lags
        where is_root and rows_count > 0
        group by readable_at, model_name
        order by readable_at, model_name
        """,
        lags=lags,
    )


def lags_of_tables(lags: pa.Table) -> pa.Table:
    """Return median, 95th percentile and longest lag of each table, by rows, longest first.

    A percentile is the lag within which that share of the rows became readable.
    """
    return query(
        """
        with ordered as (
            select
                *,
                sum(rows_count) over (
                    partition by model_name order by lag_seconds
                ) as rows_so_far,
                sum(rows_count) over (partition by model_name) as all_rows
            from lags
            where is_root and rows_count > 0
        )

        select
            model_name,
            min(lag_seconds) filter (rows_so_far >= 0.5 * all_rows) as median_lag_seconds,
            min(lag_seconds) filter (rows_so_far >= 0.95 * all_rows) as p95_lag_seconds,
            max(lag_seconds) as longest_lag_seconds,
            max(target_lag_seconds) as target_lag_seconds,
            sum(rows_count)::bigint as rows_count
        from ordered
        group by model_name
        order by longest_lag_seconds desc, model_name
        """,
        lags=lags,
    )
