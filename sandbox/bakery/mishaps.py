"""What goes wrong on the way: a day's rows -> the same with a few that are wrong, twice or late."""

from random import Random

from sandbox.bakery.rows import Day, Row
from sandbox.seeded_random import happens


def spoil(rng: Random, day: Day) -> None:
    """Add to a day's rows, in place, a few that are wrong or come twice, as real tills do."""
    sales, updates, feedback = (
        day["sales_events"],
        day["inventory_updates"],
        day["customer_feedback"],
    )
    sales += [dict(line) for line in sales if happens(rng, 0.005)]
    _add_wrong(rng, sales, 0.25, {"event_id": None})
    _add_wrong(rng, sales, 0.25, {"event_id": "TEST-{n}", "quantity": "2 pcs"})
    _add_wrong(rng, sales, 0.25, {"event_id": "TEST-{n}", "quantity": -1})
    _add_wrong(rng, updates, 0.25, {"update_id": "TEST-{n}", "quantity": "a few"})
    _add_wrong(rng, updates, 0.25, {"update_id": "TEST-{n}", "change_type": "gift"})
    _add_wrong(rng, feedback, 0.4, {"feedback_id": "TEST-{n}", "rating": 9})
    updates += [dict(update) for update in updates if happens(rng, 0.001)]


def hold_back(rng: Random, sales: list[Row]) -> list[Row]:
    """Take out of a day's sales, and return, what a till without a line sends a day later."""
    late = [line for line in sales if happens(rng, 0.008)]
    on_time = {id(line) for line in sales} - {id(line) for line in late}
    sales[:] = [line for line in sales if id(line) in on_time]
    return late


def _add_wrong(rng: Random, rows: list[Row], probability: float, changes: Row) -> None:
    if rows and happens(rng, probability):
        name = f"{rng.randint(100_000, 999_999)}"
        wrong = {
            column: value.replace("{n}", name) if isinstance(value, str) else value
            for column, value in changes.items()
        }
        rows.append({**rng.choice(rows), **wrong})
