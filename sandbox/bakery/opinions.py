"""What guests write: a grammar of phrases, seed and day -> ratings with comments to match."""

from collections.abc import Sequence
from datetime import UTC
from random import Random

from sandbox.bakery.rows import Row
from sandbox.bakery.selling import Shift
from sandbox.seeded_random import count_around, happens

_GOOD = ("delicious", "great", "lovely", "perfect", "wonderful", "superb", "fresh", "amazing")
_BAD = ("awful", "terrible", "disappointing", "bad", "horrible", "a mess")
_PRAISE = (
    "The {product} was {good}.",
    "{good_start} {product}, I love it!",
    "Best {product} in {city}, friendly staff too.",
    "Happy to recommend the {product}.",
    "No complaints: the {product} is {good} every time.",
    "I was impressed by the {product}, {good} and still warm.",
)
_BLAME = (
    "The {product} was {bad}.",
    "Sadly the {product} was {bad} today, and the staff were rude.",
    "The {product} was not {good}.",
    "I didn't enjoy the {product}, it wasn't {good} at all.",
    "I can't recommend the {product} anymore.",
    "Never again: the {product} is {bad}.",
)
_NEGATED_BLAME = (
    "The {product} wasn't {bad}.",
    "Not bad, the {product}, and the queue was no problem.",
    "Nothing wrong with the {product}.",
)
_SHRUGS = (
    "Bought the {product} on the way to work.",
    "The {product} was {good}, the service was {bad}.",
    "The {product} costs more than it did last month.",
    "{product}, two of them.",
)
_CHANNELS = ("app", "web", "tablet", "email")


def give_feedback(shift: Shift, sales: Sequence[Row], wanted: float) -> list[Row]:
    """Return what guests of a shift wrote about what they bought, about so many rows."""
    rng = shift.rng("feedback")
    if not sales:
        return []
    count = count_around(rng, wanted)
    rows = [_feedback(rng, shift, rng.choice(sales)) for _ in range(count)]
    rows.sort(key=lambda row: str(row["submitted_at"]))
    for number, row in enumerate(rows, 1):
        row["feedback_id"] = f"F-{shift.store.store_id}-{shift.day:%y%m%d}-{number:02}"
    return rows


def _feedback(rng: Random, shift: Shift, line: Row) -> Row:
    rating = rng.choices((1, 2, 3, 4, 5), (6, 9, 18, 32, 35))[0]
    hour = min(shift.store.closing_hour + rng.uniform(0, 3), 23.9)
    at = shift.store.at(shift.day, hour).astimezone(UTC)
    return {
        "feedback_id": "",
        "customer_id": line["customer_id"],
        "store_id": shift.store.store_id,
        "product_id": line["product_id"],
        "rating": rating,
        "comment": None if happens(rng, 0.12) else _comment(rng, shift, line, rating),
        "channel": rng.choice(_CHANNELS),
        "submitted_at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }


def _comment(rng: Random, shift: Shift, line: Row, rating: int) -> str:
    moods = {1: _BLAME, 2: _BLAME, 3: (*_SHRUGS, *_NEGATED_BLAME), 4: (*_PRAISE, *_NEGATED_BLAME)}
    good = rng.choice(_GOOD)
    return rng.choice(moods.get(rating, _PRAISE)).format(
        product=str(line["product_name"]).lower(),
        city=shift.store.city,
        good=good,
        good_start=good.capitalize(),
        bad=rng.choice(_BAD),
    )
