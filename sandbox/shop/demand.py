"""How much is ordered: day -> expected orders, by growth, season, weekday and campaigns."""

import math
from datetime import date, timedelta
from functools import cache

OPENING = date(2024, 1, 1)
END_OF_FILL = date(2025, 7, 1)
"""The first day that the base fill does not cover."""

UNITS_PER_ORDER = 2.8
_WEEKDAYS = (1.08, 1.0, 0.98, 1.0, 0.92, 0.86, 1.16)
_MONTHS = (0.86, 0.84, 0.92, 1.0, 1.08, 1.12, 1.02, 0.9, 0.94, 0.98, 1.2, 1.36)
_YEARLY_GROWTH = 1.6
_LARGEST_GROWTH = 3.0


def _weight(day: date) -> float:
    years = (day - OPENING).days / 365
    growth = min(math.pow(_YEARLY_GROWTH, years), _LARGEST_GROWTH)
    campaign = 2.2 if day.month == 11 and 24 <= day.day <= 30 and day.weekday() >= 4 else 1.0
    holiday = 0.4 if (day.month, day.day) in ((12, 25), (12, 26), (1, 1)) else 1.0
    return growth * _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] * campaign * holiday


@cache
def _weight_of_fill() -> float:
    days = (END_OF_FILL - OPENING).days
    return sum(_weight(OPENING + timedelta(days=offset)) for offset in range(days))


def expected_orders(orders: int, day: date) -> float:
    """Return how many orders to expect on `day` of a shop whose base fill has about `orders`."""
    return orders * _weight(day) / _weight_of_fill()


def newcomer_rate(day: date) -> float:
    """Return which share of the day's orders comes from people who never ordered before."""
    age = (day - OPENING).days
    return 0.145 + 0.8 * math.pow(0.98, age)
