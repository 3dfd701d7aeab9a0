"""The chain's calendar: a landing folder -> days lived -> their files, each day just once.

Every day follows from the seed and the days before it, so what was lived is lived again in memory
to go on from there, and only new days are written. `.bakery.json` in the folder, a hidden name
that nobody lands, says how far that is.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from lake.errors import ConfigurationError
from sandbox.bakery.chain import stores
from sandbox.bakery.files import write_day, write_whole
from sandbox.bakery.machines import read_machines
from sandbox.bakery.mishaps import hold_back, spoil
from sandbox.bakery.opinions import give_feedback
from sandbox.bakery.rows import TABLES, Day, Row
from sandbox.bakery.selling import Shift, sell
from sandbox.bakery.stock import Stock
from sandbox.seeded_random import seeded_rng

FIRST_DAY = date(2025, 3, 3)
_FEEDBACK_PER_TICKET = 0.12


class Calendar(BaseModel):
    """What a chain was made by, and its first day that no file covers yet."""

    model_config = ConfigDict(frozen=True)

    seed: int
    tickets: float
    next_day: date


@dataclass(frozen=True)
class TableRows:
    """How many rows were written for one table."""

    table: str
    rows: int


@dataclass(frozen=True)
class Advance:
    """Where the chain's calendar stood before and after, and what was written meanwhile."""

    from_date: date
    to_date: date
    written: tuple[TableRows, ...]


def is_filled(folder: Path) -> bool:
    """Return whether the folder holds a chain's days already."""
    return _calendar_file(folder).exists()


def fill(folder: Path, *, seed: int = 7, days: int = 120, tickets: float = 28) -> Advance:
    """Write the first days of a chain whose stores sell about so many tickets a day each.

    The same arguments give the same bytes. Raises ConfigurationError when the folder holds a
    chain already, or there is nothing to write.
    """
    if is_filled(folder):
        raise ConfigurationError(
            f"{folder} holds a bakery already", "remove it first: firn sandbox destroy"
        )
    if tickets <= 0:
        raise ConfigurationError(f"a store cannot sell {tickets} tickets", "ask for more than 0")
    return _write_days(folder, Calendar(seed=seed, tickets=tickets, next_day=FIRST_DAY), days)


def advance(folder: Path, days: int) -> Advance:
    """Write the files of the chain's next days; those that were written before stay as they are.

    Raises ConfigurationError when there is no chain, or its calendar would pass the present.
    """
    if not is_filled(folder):
        raise ConfigurationError(f"{folder} holds no bakery", "firn sandbox start bakery")
    calendar = Calendar.model_validate_json(_calendar_file(folder).read_text(encoding="utf-8"))
    return _write_days(folder, calendar, days)


def live(seed: int, tickets: float) -> Iterator[tuple[date, Day]]:
    """Yield the chain's days one after the other, without end."""
    stock, late, day = Stock(), list[Row](), FIRST_DAY
    while True:
        rng = seeded_rng(seed, day, "mishaps")
        rows = _one_day(Shift(seed, stores()[0], day, (day - FIRST_DAY).days), stock, tickets)
        delayed = hold_back(rng, rows["sales_events"])
        rows["sales_events"].extend(late)
        late = delayed
        spoil(rng, rows)
        yield day, rows
        day += timedelta(days=1)


def _one_day(first: Shift, stock: Stock, tickets: float) -> Day:
    rows: dict[str, list[Row]] = {table: [] for table in TABLES}
    for store in stores():
        shift = Shift(first.seed, store, first.day, first.number)
        sales = sell(shift, tickets)
        rows["sales_events"] += sales
        rows["inventory_updates"] += stock.live(shift, sales)
        rows["customer_feedback"] += give_feedback(shift, sales, tickets * _FEEDBACK_PER_TICKET)
        rows["equipment_metrics"] += read_machines(shift)
    return rows


def _write_days(folder: Path, calendar: Calendar, days: int) -> Advance:
    _refuse_the_future(calendar.next_day, days)
    end = calendar.next_day + timedelta(days=days)
    counts = Counter(dict.fromkeys(TABLES, 0))
    for day, rows in live(calendar.seed, calendar.tickets):
        if day >= end:
            break
        if day >= calendar.next_day:
            write_day(folder, day, rows)
            counts.update({table: len(rows[table]) for table in TABLES})
    after = calendar.model_copy(update={"next_day": end})
    write_whole(_calendar_file(folder), after.model_dump_json().encode())
    written = tuple(TableRows(table, counts[table]) for table in TABLES)
    return Advance(calendar.next_day, end, written)


def _refuse_the_future(next_day: date, days: int) -> None:
    present = datetime.now(UTC).date()
    possible = (present - next_day).days
    if days < 1:
        raise ConfigurationError(f"cannot write {days} days of a bakery", "give at least 1 day")
    if days > possible:
        raise ConfigurationError(
            f"the bakery's calendar stands at {next_day}: {days} days on it would pass the present"
            f" ({present})",
            f"advance by at most {possible} days"
            if possible > 0
            else "start afresh: firn sandbox destroy",
        )


def _calendar_file(folder: Path) -> Path:
    return folder / ".bakery.json"
