"""What was known the evening before: sales and ratings of one product in one store -> features."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from tests.recomputation.bakery.exact import mean
from tests.recomputation.bakery.files import Bakery, Rating, Sale
from tests.recomputation.compare import Row, Rows

COLUMNS = (
    "store_id", "product_id", "sold_date", "units_count", "lag_1_units_count", "lag_7_units_count",
    "lag_14_units_count", "mean_7_days_units_count", "mean_28_days_units_count", "weekday_number",
    "is_weekend", "month_number", "last_unit_price_amount", "last_discount_amount",
    "mean_7_days_sentiment_score",
)  # fmt: skip
LABEL = "units_count"
FEATURE_KEY = ("store_id", "product_id", "sold_date")


@dataclass
class Past:
    """Sales and ratings of one product in one store, by day."""

    units: Counter[date] = field(default_factory=Counter)
    last_lines: dict[date, Sale] = field(default_factory=dict)
    sounds: dict[date, list[Decimal]] = field(default_factory=lambda: defaultdict(list))

    def take(self, sale: Sale) -> None:
        """Add a sale."""
        self.units[sale.day] += sale.quantity
        last = self.last_lines.get(sale.day)
        if last is None or (sale.at, sale.key) > (last.at, last.key):
            self.last_lines[sale.day] = sale

    def hear(self, rating: Rating) -> None:
        """Add a rating."""
        if rating.sentiment is not None:
            self.sounds[rating.day].append(rating.sentiment)

    def features(self, day: date) -> Row:
        """Return all features of a day, in the order of COLUMNS from the first lag on."""
        first = min((known for known in self.units if known < day), default=day)
        sold = {back: self._units(first, day, back) for back in range(1, 29)}
        weeks = [units for back, units in sold.items() if back <= 7 and units is not None]
        months = [units for units in sold.values() if units is not None]
        before = max((known for known in self.last_lines if known < day), default=None)
        line = self.last_lines[before] if before else None
        sounds = [
            sound
            for back in range(1, 8)
            for sound in self.sounds.get(day - timedelta(days=back), ())
        ]
        return (
            sold[1],
            sold[7],
            sold[14],
            mean(sum(weeks), len(weeks), 6),
            mean(sum(months), len(months), 6),
            day.isoweekday(),
            day.isoweekday() >= 6,
            day.month,
            line.price if line else None,
            line.discount if line else None,
            mean(sum(sounds, Decimal(0)), len(sounds), 4),
        )

    def _units(self, first: date, day: date, back: int) -> int | None:
        known = day - timedelta(days=back)
        return self.units.get(known, 0) if known >= first else None


def pasts(bakery: Bakery) -> dict[tuple[str, str], Past]:
    """Return the past of every product in every store that sells it."""
    found: dict[tuple[str, str], Past] = defaultdict(Past)
    for sale in bakery.sales:
        found[sale.store, sale.product].take(sale)
    for rating in bakery.ratings:
        if rating.product is not None:
            found[rating.store, rating.product].hear(rating)
    return found


def ml_features(bakery: Bakery) -> Rows:
    """Return the features of every product, store and day up to the store's newest sale."""
    newest: dict[str, date] = {}
    for sale in bakery.sales:
        newest[sale.store] = max(sale.day, newest.get(sale.store, sale.day))
    rows: list[Row] = []
    for (store, product), past in pasts(bakery).items():
        if not past.units:
            continue
        first = min(past.units)
        rows += (
            (store, product, day, past.units.get(day, 0), *past.features(day))
            for day in _days(first, newest[store])
        )
    return Rows(COLUMNS, rows)


def features_known_before(bakery: Bakery, rows: Sequence[Row]) -> Rows:
    """Return the features of some rows of the mart, each from what was there before its day.

    The rows are (store, product, day), and come back with their features and without a label.
    """
    made: list[Row] = []
    for store, product, day in rows:
        assert isinstance(day, date)
        past = pasts(bakery.before(day)).get((str(store), str(product)), Past())
        made.append((store, product, day, *past.features(day)))
    return Rows(tuple(column for column in COLUMNS if column != LABEL), made)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
