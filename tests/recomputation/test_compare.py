"""The comparison itself: it must not overlook what it is there to find."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from tests.recomputation.compare import Row, Rows, assert_same_rows

COLUMNS = ("placed_date", "country", "orders_count", "net_amount", "rate")
KEY = ("placed_date", "country")
SALES: tuple[Row, ...] = (
    (date(2024, 1, 1), "DE", 2, Decimal("10.00"), Decimal("0.500000")),
    (date(2024, 1, 1), "FR", 1, Decimal("7.50"), None),
    (date(2024, 1, 2), "DE", 0, Decimal("0.00"), Decimal("0.000000")),
)


def compare(actual: Rows) -> None:
    assert_same_rows(Rows(COLUMNS, SALES), actual, KEY, "gold.sales")


def with_cell(row: int, column: str, value: object) -> Rows:
    """Return the sales with one cell changed."""
    place = COLUMNS.index(column)
    changed = [list(values) for values in SALES]
    changed[row][place] = value
    return Rows(COLUMNS, [tuple(values) for values in changed])


def test_the_same_rows_pass_in_any_order_of_rows_and_columns() -> None:
    compare(Rows(COLUMNS, SALES[::-1]).in_order(COLUMNS[::-1]))


@pytest.mark.parametrize(
    ("planted", "message"),
    [
        (lambda: Rows(COLUMNS, SALES[1:]), "3 rows expected, 2 found.*1 keys missing.*country=DE"),
        (lambda: Rows(COLUMNS, []), "3 keys missing"),
        (
            lambda: Rows(COLUMNS, [*SALES, SALES[0]]),
            "1 keys more than once in the actual rows.*placed_date=2024-01-01, country=DE x 2",
        ),
        (
            lambda: with_cell(1, "country", "IT"),
            "1 keys missing.*country=FR.*1 keys extra.*country=IT",
        ),
        (
            lambda: with_cell(0, "net_amount", Decimal("10.01")),
            r"1 cells differ in 1 rows.*net_amount Decimal\('10.00'\) .* Decimal\('10.01'\) found",
        ),
        (lambda: with_cell(1, "rate", Decimal("0.000000")), "rate None expected, .*0.000000"),
        (lambda: with_cell(2, "orders_count", None), "orders_count 0 expected, None found"),
        (
            lambda: with_cell(0, "net_amount", Decimal("10.0000")),
            "net_amount: Decimal with 2 places expected, Decimal with 2 places, Decimal with 4",
        ),
        (lambda: with_cell(0, "orders_count", Decimal(2)), "orders_count: int expected, Decimal"),
        (lambda: with_cell(0, "country", "de"), "country=de"),
        (
            lambda: Rows(COLUMNS, SALES).in_order(COLUMNS[:-1]),
            r"missing columns \['rate'\], extra columns \[\]",
        ),
    ],
    ids=[
        "gap",
        "empty",
        "duplicate",
        "other key",
        "one cent",
        "zero for null",
        "null for zero",
        "decimal places",
        "type",
        "letter case",
        "column",
    ],
)
def test_a_planted_difference_is_found_and_named(planted: Callable[[], Rows], message: str) -> None:
    with pytest.raises(AssertionError, match=re.compile(message, re.DOTALL)):
        compare(planted())


def test_a_duplicate_among_the_expected_rows_is_found_too() -> None:
    expected = Rows(COLUMNS, [*SALES, SALES[0]])
    with pytest.raises(AssertionError, match="1 keys more than once in the expected rows"):
        assert_same_rows(expected, Rows(COLUMNS, SALES), KEY, "gold.sales")


def test_a_long_list_of_differences_is_cut_and_counted() -> None:
    expected = Rows(("id",), [(number,) for number in range(25)])
    with pytest.raises(AssertionError, match=r"25 keys missing(.|\n)*\.\.\. and 15 more"):
        assert_same_rows(expected, Rows(("id",), []), ("id",), "gold.sales")
