"""The clickstream's figures on rows that can be counted by hand."""

from dashboard.queries import clickstream
from tests.unit.dashboard.tables import at, day, money, rows, table

SESSIONS = table(
    started_at=[at(8, 5), at(8, 50), at(9)],
    ended_at=[at(8, 10), at(9, 10), at(9, 5)],
    device=["phone", "phone", "desktop"],
    furthest_step=["view", "cart", "purchase"],
    events_count=[1, 2, 3],
    revenue_amount=["0", "0", "10"],
)


def test_visits_are_counted_in_the_hour_they_began() -> None:
    found = clickstream.sessions_by_hour(SESSIONS)
    assert rows(found, "hour_at", "device", "sessions_count") == [
        (at(8), "phone", 2),
        (at(9), "desktop", 1),
    ]


def test_the_newest_visit_comes_first() -> None:
    found = clickstream.newest_sessions(SESSIONS, limit=2)
    assert rows(found, "started_at", "furthest_step") == [(at(9), "purchase"), (at(8, 50), "cart")]


def test_hours_are_in_order() -> None:
    hours = table(
        hour_at=[at(9), at(8)],
        revenue_amount=["1", "2"],
        purchases_count=[1, 1],
        units_count=[1, 2],
        unpriced_purchases_count=[0, 1],
    )
    assert rows(clickstream.purchases_by_hour(hours), "hour_at") == [(at(8),), (at(9),)]


DAYS = table(
    started_date=[day(1), day(2)],
    viewed_sessions_count=[10, 30],
    carted_sessions_count=[4, 6],
    purchased_sessions_count=[1, 1],
    view_to_cart_rate=["0.4", "0.2"],
    cart_to_purchase_rate=["0.25", None],
)


def test_steps_are_sums_of_the_days_and_shares_of_the_views() -> None:
    found = clickstream.steps(DAYS)
    assert rows(found, "step", "sessions_count", "share_of_views_rate") == [
        ("view", 40, 1.0),
        ("cart", 10, 0.25),
        ("purchase", 2, 0.05),
    ]


def test_no_days_have_no_steps() -> None:
    assert clickstream.steps(DAYS.slice(0, 0)).num_rows == 0


def test_a_day_has_a_row_for_each_rate_that_is_known() -> None:
    found = clickstream.rates_by_day(DAYS)
    assert rows(found, "started_date", "steps", "conversion_rate") == [
        (day(1), "view to cart", 0.4),
        (day(1), "cart to purchase", 0.25),
        (day(2), "view to cart", 0.2),
    ]


def test_a_top_list_breaks_ties_by_name() -> None:
    products = table(
        product_id=["c", "b", "a"],
        revenue_amount=["5", "9", "5"],
        purchases_count=[1, 1, 1],
        units_count=[1, 1, 1],
    )
    found = clickstream.top(products, "product_id", limit=2)
    assert rows(found, "product_id", "revenue_amount") == [("b", money("9")), ("a", money("5"))]
