"""Random rows for a silver table: its columns -> values that meet, collide and are missing."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2025, 3, 28, tzinfo=UTC)  # days of two months
DAYS = 6
KEYS = 9
NULLS = 0.1
Row = dict[str, str]


@dataclass
class RandomRows:
    """Makes rows as SQL literals. Times never come twice, so that no order among rows is open.

    `texts` are the values of text columns by their names; others get one of a few letters.
    """

    rng: random.Random
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    _moments: int = 0

    def row(self, columns: Mapping[str, str], key: str, number: int) -> Row:
        """Return a row of a table with these columns and types, whose key is a number."""
        return {
            name: _key(kind, number) if name == key else self.value(name, kind)
            for name, kind in columns.items()
        }

    def value(self, name: str, kind: str) -> str:
        """Return a value of a column, null now and then."""
        if kind == "boolean":
            return "true" if self.rng.random() < NULLS else "false"
        return "null" if self.rng.random() < NULLS else self._known(name, kind)

    def _known(self, name: str, kind: str) -> str:
        if kind == "string":
            return f"'{self.rng.choice(self.texts.get(name) or self._letters(name))}'"
        if kind == "date":
            return f"date '{self._day():%Y-%m-%d}'"
        if kind.startswith("timestamp"):
            return f"timestamp '{self._moment():%Y-%m-%d %H:%M:%S.%f}'"
        if kind in {"int", "long"}:
            return str(self.rng.randint(1, KEYS))
        return f"cast({self.rng.randint(0, 36)} / 4 as {kind.replace(' ', '')})"

    def _letters(self, name: str) -> list[str]:
        is_id = name.endswith("_id") or name == "car_chassis"
        return [f"k{number}" for number in range(1, KEYS)] if is_id else ["a", "b"]

    def _day(self) -> datetime:
        return BEGIN + timedelta(days=self.rng.randrange(DAYS))

    def _moment(self) -> datetime:
        self._moments += 1
        hours = timedelta(hours=self.rng.randrange(24))
        return self._day() + hours + timedelta(microseconds=self._moments)


def _key(kind: str, number: int) -> str:
    return f"'k{number}'" if kind == "string" else str(number)
