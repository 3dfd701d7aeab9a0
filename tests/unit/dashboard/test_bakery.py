"""The bakeries' figures on rows that can be added up by hand."""

from dashboard.queries import bakery
from tests.unit.dashboard.tables import at, day, money, rows, table

SALES = table(
    sold_date=[day(9), day(9), day(2), day(9), day(2)],
    store_id=["S01", "S01", "S01", "S02", "S03"],
    category=["bread", "cake", "bread", "bread", "cake"],
    revenue_amount=["10", "5", "8", "20", "7"],
    units_count=[2, 1, 2, 4, 1],
    discount_amount=["1", "0", "0", "2", "0"],
)


def test_a_day_of_a_store_has_the_day_a_week_before_beside_it() -> None:
    found = bakery.day_by_store(SALES, day(9))
    columns = ("store_id", "revenue_amount", "revenue_a_week_before_amount", "units_count")
    assert rows(found, *columns) == [
        ("S02", money("20"), None, 4),
        ("S01", money("15"), money("8"), 3),
    ]


def test_a_day_by_category_leaves_other_days_out() -> None:
    found = bakery.day_by_category(SALES, day(9))
    assert rows(found, "category", "revenue_amount", "discount_amount") == [
        ("bread", money("30"), money("3")),
        ("cake", money("5"), money("0")),
    ]


def test_days_are_in_order() -> None:
    found = bakery.revenue_by_day(SALES)
    assert rows(found, "sold_date", "revenue_amount") == [
        (day(2), money("15")),
        (day(9), money("35")),
    ]


FEEDBACK = table(
    submitted_date=[day(2), day(3), day(8), day(9)],  # Monday, Tuesday, Sunday, Monday
    sentiment_label=["negative", "positive", "positive", None],
    sentiment_score=[-0.5, 1.0, 0.5, None],
    rating=[1, 5, 4, 3],
    store_id=["S01", "S02", "S02", "S02"],
    product_id=["P1", None, "P2", "P2"],
)


def test_comments_are_counted_by_week_and_those_without_words_are_not() -> None:
    found = bakery.sentiments(FEEDBACK)
    assert rows(found, "week_start_date", "sentiment_label", "comments_count") == [
        (day(2), "positive", 2),
        (day(2), "negative", 1),
    ]


def test_the_worst_rated_comes_first() -> None:
    found = bakery.ratings_by(FEEDBACK, "store_id")
    columns = ("store_id", "average_rating", "average_sentiment_score", "ratings_count")
    assert rows(found, *columns) == [("S01", 1.0, -0.5, 1), ("S02", 4.0, 0.75, 3)]


def test_few_ratings_are_no_mean() -> None:
    found = bakery.ratings_by(FEEDBACK, "product_id", 2)
    assert rows(found, "product_id", "average_rating") == [("P2", 3.5)]


def test_segments_without_a_rating_are_left_out() -> None:
    customers = table(segment=["regular", "regular", "lapsed"], average_rating=[4.0, 3.0, None])
    found = bakery.ratings_of_segments(customers)
    assert rows(found, "segment", "average_rating", "customers_count") == [("regular", 3.5, 2)]


READINGS = table(
    recorded_at=[at(8, 5), at(8, 55), at(9), at(9, 30)],
    equipment_id=["OV1", "OV1", "OV1", "OV2"],
    temperature_celsius=[200.0, 210.0, 300.0, None],
    alert_level=["normal", "normal", "critical", "warning"],
    alert_reason=[None, None, "too hot", "power"],
)


def test_temperatures_of_an_hour_are_averaged() -> None:
    found = bakery.temperatures(READINGS)
    assert rows(found, "hour_at", "equipment_id", "average_temperature_celsius") == [
        (at(8), "OV1", 205.0),
        (at(9), "OV1", 300.0),
    ]


def test_normal_readings_are_no_alerts() -> None:
    assert rows(bakery.alerts_by_machine(READINGS), "equipment_id", "alert_level") == [
        ("OV1", "critical"),
        ("OV2", "warning"),
    ]
    newest = bakery.newest_alerts(READINGS, limit=1)
    assert rows(newest, "equipment_id", "alert_reason") == [("OV2", "power")]


SHELVES = table(
    store_id=["S01", "S01", "S02"],
    product_id=["P1", "P2", "P1"],
    status=["order_now", "order_now", "fine"],
    recommended_order_quantity=[10, 20, 0],
    unit=["piece", "piece", "piece"],
    on_hand_quantity=[3, 0, 90],
    days_of_cover=[2.0, 0.0, 40.0],
)


def test_what_is_gone_is_ordered_first() -> None:
    found = bakery.orders_to_place(SHELVES, table(product_id=["P1"], product_name=["Loaf"]))
    assert rows(found, "shelf", "recommended_order_quantity") == [
        ("S01, P2", 20),
        ("S01, Loaf", 10),
    ]


def test_shelves_are_counted_by_status() -> None:
    found = bakery.shelves_by_status(SHELVES)
    assert rows(found, "store_id", "status", "shelves_count") == [
        ("S01", "order_now", 2),
        ("S02", "fine", 1),
    ]
