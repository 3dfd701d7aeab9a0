"""The rows of the small lake: every table that a page reads -> rows; columns left out are null."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

Row = dict[str, Any]
DAY = date(2025, 6, 30)
NOW = datetime.now(UTC).replace(microsecond=0)
PERSON = "nobody@example.com"  # a value that no page may show


def at(hour: int, minute: int = 0) -> datetime:
    """Return a time of the newest day, UTC."""
    return datetime(2025, 6, 30, hour, minute, tzinfo=UTC)


def before(days: int) -> date:
    """Return the day so many days before the newest one."""
    return DAY - timedelta(days=days)


SALES = [
    {
        "placed_date": before(days), "customer_country": country, "category_name": category,
        "gmv_amount": 100 + days, "discount_amount": 10, "refund_amount": days,
        "net_revenue_amount": 90, "units_count": 2,
    }
    for days in (0, 1, 8, 40)
    for country, category in (("DE", "Tents"), ("FR", "=Lamps"))
]  # fmt: skip

SHOP: dict[str, list[Row]] = {
    "gold.sales_daily": SALES,
    "gold.customer_360": [
        {"customer_id": 1, "customer_country": "DE", "segment": "loyal", "churn_risk": "low",
         "lifetime_value_amount": 300},
        {"customer_id": 2, "customer_country": "FR", "segment": "lost", "churn_risk": "high",
         "lifetime_value_amount": 40},
    ],
    "gold.customer_retention_monthly": [
        {"cohort_month": date(2025, month, 1), "month_number": number, "cohort_size_count": 10,
         "active_count": 5, "retention_rate": 1 - number / 2}
        for month in (5, 6) for number in (0, 1)
    ],
    "gold.inventory_health": [
        {"stock_date": before(days), "product_id": 1, "warehouse_id": 3, "on_hand_quantity": 4,
         "shortage_quantity": days, "out_of_stock_incidents_count": 1, "days_on_hand": 2}
        for days in (0, 1, 2)
    ],
    "gold.dim_products": [{"product_id": 1, "product_name": "Tent"}],
    "gold.delivery_performance": [
        {"ship_date": before(days), "carrier": "dhl", "customer_country": "DE",
         "shipments_count": 3, "delivered_count": 2, "on_time_rate": 0.5,
         "average_placed_to_delivered_hours": 40}
        for days in (0, 7, 14)
    ],
}  # fmt: skip

BAKERY: dict[str, list[Row]] = {
    "gold.daily_sales_summary": [
        {"store_id": store, "sold_date": before(days), "category": "bread", "units_count": 5,
         "revenue_amount": 50 + days, "discount_amount": 1}
        for store in ("S01", "S02") for days in (0, 1, 7)
    ],
    "gold.customer_analytics": [
        {"customer_id": "C1", "segment": "regular", "average_rating": 4},
        {"customer_id": "C2", "segment": "lapsed", "average_rating": 2},
    ],
    "gold.inventory_optimization": [
        {"store_id": "S01", "product_id": "P01", "status": "order_now", "unit": "piece",
         "recommended_order_quantity": 30, "on_hand_quantity": 1, "days_of_cover": 1},
        {"store_id": "S02", "product_id": "P01", "status": "fine", "unit": "piece",
         "recommended_order_quantity": 0, "on_hand_quantity": 90, "days_of_cover": 20},
    ],
    "silver.bakery__customer_feedback": [
        {"feedback_id": f"F{number}", "store_id": "S01", "product_id": "P01",
         "rating": 2 + number % 3, "sentiment_label": label, "sentiment_score": 0.5,
         "is_deleted": False, "submitted_date": before(number)}
        for number, label in enumerate(("positive", "neutral", "negative", "positive", None))
    ],
    "silver.bakery__equipment_metrics": [
        {"reading_id": f"R{hour}", "store_id": "S01", "equipment_id": "S01-OV1",
         "equipment_type": "oven", "alert_level": "warning" if hour > 9 else "normal",
         "alert_reason": "temperature_celsius 260 above 250" if hour > 9 else None,
         "temperature_celsius": 200.0 + hour, "is_deleted": False, "recorded_at": at(hour)}
        for hour in (8, 9, 10, 11)
    ],
    "seeds.bakery_products": [{"product_id": "P01", "product_name": "Country loaf"}],
}  # fmt: skip

CHECKOUT: dict[str, list[Row]] = {
    "gold.checkout_sales_by_minute": [
        {"minute_at": at(20, minute), "orders_count": 2, "units_count": 3, "revenue_amount": 30,
         "cancelled_orders_count": 0}
        for minute in (1, 2, 3)
    ],
    "gold.checkout_status_funnel": [
        {"ordered_date": before(days), "pending_orders_count": 1, "paid_orders_count": 2,
         "shipped_orders_count": 3, "cancelled_orders_count": 0}
        for days in (0, 1)
    ],
    "gold.checkout_orders_live": [
        {"order_id": 7, "order_status": "paid", "ordered_at": at(20, 2), "is_consistent": False,
         "total_amount": 31, "items_amount": 30, "difference_amount": 1},
        {"order_id": 8, "order_status": "paid", "ordered_at": at(20, 3), "is_consistent": True,
         "total_amount": 30, "items_amount": 30, "difference_amount": 0},
    ],
    "ops.lags": [
        {"model_name": "gold.checkout_orders_live", "readable_at": NOW - timedelta(minutes=number),
         "is_root": True, "rows_count": 10, "lag_seconds": 20.0 + number,
         "target_lag_seconds": 60.0}
        for number in (1, 2, 3)
    ],
}  # fmt: skip

CLICKSTREAM: dict[str, list[Row]] = {
    "gold.sessions": [
        {"session_id": f"s{hour}", "device": device, "furthest_step": "cart", "events_count": 4,
         "revenue_amount": 0, "started_at": at(hour), "ended_at": at(hour, 20)}
        for hour, device in ((18, "phone"), (19, "desktop"), (20, "phone"))
    ],
    "gold.hourly_sales": [
        {"hour_at": at(hour), "purchases_count": 2, "units_count": 3, "revenue_amount": 45,
         "unpriced_purchases_count": 0}
        for hour in (18, 19)
    ],
    "gold.conversion_funnel": [
        {"started_date": before(days), "viewed_sessions_count": 10, "carted_sessions_count": 4,
         "purchased_sessions_count": 1, "view_to_cart_rate": 0.4, "cart_to_purchase_rate": 0.25}
        for days in (0, 1)
    ],
    "gold.top_products": [
        {"product_id": "p1", "purchases_count": 2, "units_count": 2, "revenue_amount": 20}
    ],
    "gold.top_users": [
        {"user_id": "u1", "purchases_count": 2, "units_count": 2, "revenue_amount": 20}
    ],
    "gold.category_sales": [
        {"category": "lamps", "purchases_count": 2, "units_count": 2, "revenue_amount": 20}
    ],
}  # fmt: skip

TELEMETRY: dict[str, list[Row]] = {
    "gold.current_state": [
        {"car_chassis": f"CAR{number}", "manufacturer": "Acme", "model": "One",
         "current_mileage_km": 1000, "fuel_available_liters": 10 * number,
         "engine_temp_celsius": 90, "oil_pressure_psi": 40, "insurance_valid_until": DAY,
         "telemetry_timestamp": at(12)}
        for number in (1, 2)
    ],
    "gold.fuel_efficiency": [
        {"reported_date": before(days), "car_chassis": "CAR1", "km_driven": 100, "liters_used": 8,
         "refuels_count": 1}
        for days in (0, 1)
    ],
    "gold.performance_alerts": [
        {"event_id": "e1", "car_chassis": "CAR1", "limit_name": "engine_too_hot",
         "measured_value": 120, "limit_value": 110, "telemetry_timestamp": at(23, 30)}
    ],
}  # fmt: skip

LANDING: Row = {
    "rule": "not_representable", "reason": "amount: The string 'a few' is not a number",
    "key": "{}", "_ingested_at": NOW, "row_id": "1", "kinds": "{}",
    "place": json.dumps({"file": "sales/1.csv", "row": "3", "header": "id,amount"}),
}  # fmt: skip
OPERATIONS: dict[str, list[Row]] = {
    "ops.loads": [
        {"load_id": "l1", "source": "shop", "table_name": "orders", "load_mode": "incremental",
         "started_at": NOW, "finished_at": NOW, "seconds": 0.5, "rows_read_count": 10,
         "rows_landed_count": 9, "rows_quarantined_count": 1}
    ],
    "ops.refreshes": [
        {"refresh_id": "r1", "run_id": "run", "trigger": "dbt", "model_name": "gold.sales_daily",
         "mode": "full", "reason": "first", "rows_written_count": 8, "started_at": NOW,
         "finished_at": NOW, "seconds": 3.25, "outcome": "success"}
    ],
    "ops.test_results": [
        {"invocation_id": "i1", "test_name": "unique_sales", "model_name": "sales_daily",
         "status": "fail", "severity": "error", "failures_count": 2, "seconds": 0.1,
         "executed_at": NOW}
    ],
    "ops.publications": [
        {"publication_id": 12, "published_at": NOW, "kind": "publish", "invocation_id": "i1",
         "git_commit": "abc", "target": "dev", "areas": '["shop"]', "sources": "{}",
         "tables": '{"gold.sales_daily": {"snapshot_id": "1", "rows": 8}}',
         "tests": '{"pass": 3, "warn": 1}'}
    ],
    "quarantine.bakery": [
        {**LANDING, "table_name": "sales_events", "row": '{"bytes": "1,a few"}'}
    ],
    "quarantine.bakery__rejected": [
        {"rejection_id": "1", "table_name": "sales_events", "rule_name": "quantity_is_positive",
         "reason": "expected quantity > 0", "row_key": '{"event_id": "E1"}',
         "row_json": '{"event_id": "E1", "quantity": -1}', "_load_id": "l1", "_ingested_at": NOW}
    ],
    # Customers have personal data: neither value may be on the page.
    "quarantine.shop": [
        {**LANDING, "table_name": "customers", "row": json.dumps({"email": PERSON}),
         "reason": f"email: The string '{PERSON}' is long", "key": json.dumps({"email": PERSON})}
    ],
    "quarantine.shop__rejected": [
        {"rejection_id": "2", "table_name": "customers", "rule_name": "country_is_known",
         "reason": "expected length(country) = 2", "row_key": json.dumps({"email": PERSON}),
         "row_json": json.dumps({"email": PERSON}), "_load_id": "l1", "_ingested_at": NOW}
    ],
    **{f"quarantine.{source}": [] for source in ("checkout", "clickstream", "telemetry")},
    **{f"quarantine.{source}__rejected": [] for source in ("checkout", "clickstream", "telemetry")},
}  # fmt: skip

TABLES = SHOP | BAKERY | CHECKOUT | CLICKSTREAM | TELEMETRY | OPERATIONS
# When each source landed last: within, beyond the first, and beyond the second declared age.
LANDED = {
    "raw_shop.orders": NOW - timedelta(minutes=5),
    "raw_checkout.orders": NOW - timedelta(minutes=5),
    "raw_clickstream.events": NOW - timedelta(minutes=5),
    "raw_bakery.sales_events": NOW - timedelta(days=3),
    "raw_telemetry.events": NOW - timedelta(days=30),
}
