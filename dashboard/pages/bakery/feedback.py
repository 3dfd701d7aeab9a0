"""What customers say: silver.bakery__customer_feedback and gold.customer_analytics -> panels."""

from __future__ import annotations

from dashboard.drawing import charts
from dashboard.drawing.filters import any_of, row_of_filters, since_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import bakery
from dashboard.queries.sql import greatest, values_of
from dashboard.reading.conditions import equals, since

TABLE, CUSTOMERS = "silver.bakery__customer_feedback", "gold.customer_analytics"
FIGURES = ("rating", "sentiment_label", "sentiment_score")
NAMES = ("submitted_date", "store_id")
LEAST_RATINGS = 5


def feedback(visit: Visit) -> None:
    """Draw sentiment over time, and stars by store and by product."""
    known = visit.read(TABLE, NAMES)
    first, store = row_of_filters(
        lambda: since_of(greatest(known, "submitted_date")),
        lambda: any_of("Store", "store", values_of(known, "store_id")),
    )
    where = [
        *since("submitted_date", first),
        *equals("store_id", store),
        *equals("is_deleted", value=False),
    ]
    rows = visit.read(TABLE, (*NAMES, "product_id", *FIGURES), where)
    board(
        visit.zone,
        lambda: Panel(
            "Comments by sentiment",
            "How many comments of each week were positive, neutral or negative, by the words in"
            " them; ratings without a comment are left out.",
            bakery.sentiments(rows),
            lambda found: charts.columns(
                found, "week_start_date", "comments_count", "sentiment_label"
            ),
        ),
        lambda: Panel(
            "Stars by store",
            "Mean stars, 1 to 5, of each store, worst first.",
            bakery.ratings_by(rows, "store_id"),
            lambda found: charts.bars(found, "store_id", "average_rating"),
        ),
        lambda: Panel(
            "Stars by product",
            f"Mean stars of each product with at least {LEAST_RATINGS} ratings, worst first.",
            bakery.ratings_by(rows, "product_id", LEAST_RATINGS),
            lambda found: charts.bars(found, "product_id", "average_rating"),
        ),
        lambda: Panel(
            "Stars by kind of customer",
            "Mean of the stars that each customer gives, by how often and how lately they come;"
            " of all stores and days.",
            bakery.ratings_of_segments(visit.read(CUSTOMERS, ("segment", "average_rating"))),
            lambda found: charts.bars(found, "segment", "average_rating"),
        ),
    )
