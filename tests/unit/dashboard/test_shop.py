"""The shop's figures on rows that can be added up by hand."""

from dashboard.queries import shop
from tests.unit.dashboard.tables import day, money, rows, table

SALES = table(
    placed_date=[day(2), day(2), day(8), day(9)],  # Monday, Monday, Sunday, Monday
    customer_country=["DE", "FR", "DE", "DE"],
    category_name=["Tents", "Tents", "Lamps", "Lamps"],
    gmv_amount=["100", "50", "30", "20"],
    discount_amount=["10", "0", "0", "2"],
    refund_amount=["0", "50", "0", "0"],
    net_revenue_amount=["90", "0", "30", "18"],
    units_count=[2, 1, 3, 1],
)


def test_revenue_of_a_day_is_that_of_all_its_rows() -> None:
    found = shop.revenue_over_time(SALES, "day")
    assert rows(found, "placed_date", "net_revenue_amount", "units_count") == [
        (day(2), money("90"), 3),
        (day(8), money("30"), 3),
        (day(9), money("18"), 1),
    ]


def test_a_week_begins_on_monday() -> None:
    found = shop.revenue_over_time(SALES, "week")
    assert rows(found, "placed_date", "refund_amount") == [
        (day(2), money("50")),
        (day(9), money("0")),
    ]


def test_a_month_is_named_by_its_first_day() -> None:
    found = shop.revenue_over_time(SALES, "month")
    assert rows(found, "placed_date", "gmv_amount") == [(day(1), money("200"))]


def test_most_revenue_comes_first() -> None:
    by_country = shop.revenue_by(SALES, "customer_country")
    assert rows(by_country, "customer_country", "net_revenue_amount") == [
        ("DE", money("138")),
        ("FR", money("0")),
    ]


CUSTOMERS = table(
    segment=["loyal", "loyal", "lost", "prospect"],
    churn_risk=["medium", "low", "high", None],
    lifetime_value_amount=["100", "51", "20", "0"],
)


def test_a_segment_has_its_customers_and_their_mean_worth() -> None:
    found = shop.segments(CUSTOMERS)
    columns = ("segment", "customers_count", "average_lifetime_value_amount")
    assert rows(found, *columns) == [
        ("loyal", 2, money("75.50")),
        ("lost", 1, money("20.00")),
        ("prospect", 1, money("0.00")),
    ]


def test_who_never_bought_has_no_risk_and_low_comes_before_high() -> None:
    found = shop.churn_risks(CUSTOMERS)
    assert rows(found, "segment", "churn_risk", "customers_count") == [
        ("lost", "high", 1),
        ("loyal", "low", 1),
        ("loyal", "medium", 1),
    ]


def test_cohorts_are_in_order() -> None:
    cohorts = table(
        cohort_month=[day(1), day(1, 5), day(1, 5)],
        month_number=[0, 1, 0],
        cohort_size_count=[3, 4, 4],
        active_count=[3, 1, 4],
        retention_rate=["1", "0.25", "1"],
    )
    found = shop.retention(cohorts)
    assert rows(found, "cohort_month", "month_number", "retention_rate") == [
        (day(1, 5), 0, money("1")),
        (day(1, 5), 1, money("0.25")),
        (day(1), 0, money("1")),
    ]


STOCK = table(
    stock_date=[day(1), day(2), day(2), day(2)],
    product_id=[1, 1, 2, 3],
    warehouse_id=[7, 7, 7, 7],
    on_hand_quantity=[9, 5, 8, 2],
    days_on_hand=["1", "2.54", "1.25", None],
    shortage_quantity=[0, 4, 1, 0],
    out_of_stock_incidents_count=[0, 1, 1, 0],
)


def test_shortages_of_a_day_are_added_up() -> None:
    found = shop.shortages(STOCK)
    columns = ("stock_date", "shortage_quantity", "out_of_stock_incidents_count")
    assert rows(found, *columns) == [(day(1), 0, 0), (day(2), 5, 2)]


def test_what_runs_out_first_is_of_the_newest_day_and_has_a_pace() -> None:
    names = table(product_id=[1], product_name=["Tent"])
    found = shop.running_out(STOCK, names)
    assert rows(found, "product", "days_on_hand") == [
        ("2, warehouse 7", money("1.3")),
        ("Tent, warehouse 7", money("2.5")),
    ]


PARCELS = table(
    ship_date=[day(2), day(3), day(3)],
    carrier=["dhl", "dhl", "ups"],
    shipments_count=[4, 2, 1],
    delivered_count=[3, 1, 0],
    on_time_rate=["1", "0", None],
    average_placed_to_delivered_hours=["10", "50", None],
)


def test_rates_are_weighted_by_delivered_parcels() -> None:
    found = shop.delivery_over_time(PARCELS, "week")
    assert rows(found, "ship_date", "delivered_count", "on_time_rate") == [
        (day(2), 4, money("0.75"))
    ]


def test_a_carrier_without_a_delivery_has_no_rate_and_comes_last() -> None:
    found = shop.carriers(PARCELS)
    columns = ("carrier", "shipments_count", "on_time_rate", "average_placed_to_delivered_hours")
    assert rows(found, *columns) == [
        ("dhl", 6, money("0.75"), money("20")),
        ("ups", 1, None, None),
    ]
