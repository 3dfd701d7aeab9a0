"""Exact comparison of two tables: expected + actual Rows -> nothing, or a readable difference."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

Row: TypeAlias = tuple[Hashable, ...]

SHOWN = 10


@dataclass(frozen=True)
class Rows:
    """A table in memory: column names, and one tuple per row in the same order."""

    columns: tuple[str, ...]
    values: Sequence[Row]

    def in_order(self, columns: Sequence[str]) -> "Rows":
        """Return the same rows with just these columns, in this order."""
        places = [self.columns.index(column) for column in columns]
        return Rows(tuple(columns), [tuple(row[place] for place in places) for row in self.values])

    def by_key(self, key: Sequence[str]) -> Mapping[Row, Row]:
        """Return key -> row; of several rows with one key the last."""
        keys = self.in_order(key).values
        return dict(zip(keys, self.values, strict=True))

    def kinds(self) -> dict[str, str]:
        """Return column -> kinds of its values, as `Decimal with 2 places`; '' if all are null."""
        by_column = zip(*self.values, strict=True) if self.values else [()] * len(self.columns)
        return {
            column: ", ".join(sorted({_kind(value) for value in values} - {""}))
            for column, values in zip(self.columns, by_column, strict=True)
        }


def assert_same_rows(expected: Rows, actual: Rows, key: Sequence[str], name: str) -> None:
    """Check that both tables have the same columns, kinds of values, and rows by `key`.

    Order does not matter; everything else does: null is not 0, `1.0` is not `1.00`, `1` is not
    `Decimal(1)`. Raises AssertionError that counts and shows what is missing, extra, doubled
    and different in the table `name`.
    """
    _assert_same_columns(expected, actual, name)
    actual = actual.in_order(expected.columns)
    problems = [
        *_repeated_keys("expected", expected, key),
        *_repeated_keys("actual", actual, key),
    ]
    if _written(expected) != _written(actual):  # far quicker than the ways to say what differs
        problems += [
            *_different_kinds(expected, actual),
            *_missing_and_extra(expected, actual, key),
            *_different_cells(expected, actual, key),
        ]
    if problems:
        counts = f"{len(expected.values)} rows expected, {len(actual.values)} found"
        raise AssertionError("\n".join([f"{name}: {counts}", *problems]))


def _written(rows: Rows) -> list[str]:
    """Return the rows as text that tells all values and their kinds, in an order of its own."""
    return sorted(map(repr, rows.values))


def _kind(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"Decimal with {-int(value.as_tuple().exponent)} places"
    return type(value).__name__


def _assert_same_columns(expected: Rows, actual: Rows, name: str) -> None:
    missing = sorted(set(expected.columns) - set(actual.columns))
    extra = sorted(set(actual.columns) - set(expected.columns))
    if missing or extra:
        raise AssertionError(f"{name}: missing columns {missing}, extra columns {extra}")


def _different_kinds(expected: Rows, actual: Rows) -> list[str]:
    actual_kinds = actual.kinds()
    return [
        f"column {column}: {kind} expected, {actual_kinds[column]} found"
        for column, kind in expected.kinds().items()
        if kind and actual_kinds[column] and kind != actual_kinds[column]
    ]


def _repeated_keys(side: str, rows: Rows, key: Sequence[str]) -> list[str]:
    counts = Counter(rows.in_order(key).values)
    repeated = [(values, count) for values, count in counts.items() if count > 1]
    shown = [f"{_labelled(key, values)} x {count}" for values, count in repeated]
    return _listed(f"{len(repeated)} keys more than once in the {side} rows", shown)


def _missing_and_extra(expected: Rows, actual: Rows, key: Sequence[str]) -> list[str]:
    expected_rows, actual_rows = expected.by_key(key), actual.by_key(key)
    missing = [_labelled(key, values) for values in expected_rows if values not in actual_rows]
    extra = [_labelled(key, values) for values in actual_rows if values not in expected_rows]
    return [
        *_listed(f"{len(missing)} keys missing", missing),
        *_listed(f"{len(extra)} keys extra", extra),
    ]


def _different_cells(expected: Rows, actual: Rows, key: Sequence[str]) -> list[str]:
    actual_rows = actual.by_key(key)
    cells = []
    differing_rows = 0
    for values, row in expected.by_key(key).items():
        found = actual_rows.get(values, row)
        if found == row:
            continue
        differing_rows += 1
        for column, wanted, got in zip(expected.columns, row, found, strict=True):
            if wanted != got:
                cells.append(
                    f"{_labelled(key, values)}: {column} {wanted!r} expected, {got!r} found"
                )
    return _listed(f"{len(cells)} cells differ in {differing_rows} rows", cells)


def _labelled(key: Sequence[str], values: Row) -> str:
    return ", ".join(f"{column}={value}" for column, value in zip(key, values, strict=True))


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    more = [f"  ... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [f"{title}:", *(f"  {line}" for line in lines[:SHOWN]), *more]
