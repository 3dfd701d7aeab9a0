"""The checkout's figures, lags above all, on rows that can be counted by hand."""

from dashboard.queries import checkout
from tests.unit.dashboard.tables import at, day, rows, table


def test_minutes_are_in_order() -> None:
    minutes = table(
        minute_at=[at(2), at(1)],
        orders_count=[1, 2],
        units_count=[1, 3],
        revenue_amount=["5", "9"],
        cancelled_orders_count=[0, 1],
    )
    found = checkout.sales_by_minute(minutes)
    assert rows(found, "minute_at", "orders_count") == [(at(1), 2), (at(2), 1)]


def test_a_day_has_a_row_for_each_status() -> None:
    funnel = table(
        ordered_date=[day(1)],
        pending_orders_count=[4],
        paid_orders_count=[3],
        shipped_orders_count=[2],
        cancelled_orders_count=[0],
    )
    found = checkout.statuses_by_day(funnel)
    assert rows(found, "order_status", "orders_count") == [
        ("pending", 4),
        ("paid", 3),
        ("shipped", 2),
        ("cancelled", 0),
    ]


def test_orders_that_agree_are_left_out() -> None:
    orders = table(
        order_id=[1, 2, 3],
        order_status=["paid", "paid", "paid"],
        ordered_at=[at(1), at(3), at(2)],
        is_consistent=[False, True, False],
        total_amount=["5", "5", "5"],
        items_amount=["4", "5", "6"],
        difference_amount=["1", "0", "-1"],
    )
    assert rows(checkout.disagreeing(orders), "order_id") == [(3,), (1,)]


ORDERS, MINUTES, OTHER = "gold.checkout_orders_live", "gold.checkout_sales_by_minute", "gold.sales"
LAGS = table(
    model_name=[ORDERS, ORDERS, ORDERS, ORDERS, MINUTES, OTHER],
    readable_at=[at(1), at(1), at(2), at(2), at(1), at(1)],
    is_root=[True, True, True, False, True, True],
    rows_count=[90, 6, 4, 50, 1, 1],
    lag_seconds=[10.0, 20.0, 100.0, 900.0, 5.0, 1.0],
    target_lag_seconds=[60.0, 60.0, 60.0, 60.0, 60.0, None],
)


def test_only_tables_of_the_checkout_are_its_own() -> None:
    assert {name for (name,) in rows(checkout.of_checkout(LAGS), "model_name")} == {ORDERS, MINUTES}


def test_percentiles_are_over_rows_and_only_lags_from_roots_count() -> None:
    """Of 100 rows 90 waited 10 s, 96 at most 20 s."""
    found = checkout.lags_of_tables(checkout.of_checkout(LAGS))
    columns = ("median_lag_seconds", "p95_lag_seconds", "longest_lag_seconds", "rows_count")
    assert rows(found, "model_name", *columns) == [
        (ORDERS, 10.0, 20.0, 100.0, 100),
        (MINUTES, 5.0, 5.0, 5.0, 1),
    ]


def test_a_commit_has_its_longest_lag() -> None:
    found = checkout.lags_over_time(checkout.of_checkout(LAGS))
    assert rows(found, "readable_at", "model_name", "lag_seconds") == [
        (at(1), ORDERS, 20.0),
        (at(1), MINUTES, 5.0),
        (at(2), ORDERS, 100.0),
    ]
