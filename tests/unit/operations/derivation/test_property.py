"""A table refreshed by what was derived equals its recomputation.

`make fuzz-refresh` runs the same tests for hours.
"""

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.operations.derivation.referee import COLUMNS, Referee, Rows
from tests.unit.operations.derivation.shapes import SHAPES
from tests.unit.operations.derivation.stacks import stacks

ROUNDS = 3
PROFILE = settings.default
EXAMPLES = PROFILE.max_examples if PROFILE else 100
LENIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
VALUE = st.sampled_from([None, 0, 1, 2, 3])


def rows_of(table: str) -> st.SearchStrategy[Rows]:
    return st.lists(st.tuples(*[VALUE] * len(COLUMNS[table])), max_size=6)


TABLES = st.fixed_dictionaries({name: rows_of(name) for name in COLUMNS})


@st.composite
def changes(draw: st.DrawFn, table: str, rows: Rows) -> Rows:
    """Draw what a table holds next: rows gone, changed in a column, added, or as before."""
    stays, moves = st.integers(0, 3), st.booleans()
    kept = [each for each in rows if draw(stays)]
    if draw(moves) and kept:
        place = draw(st.integers(0, len(kept) - 1))
        column = draw(st.integers(0, len(COLUMNS[table]) - 1))
        row = kept[place]
        kept[place] = (*row[:column], draw(VALUE), *row[column + 1 :])
    added = st.lists(st.tuples(*[VALUE] * len(COLUMNS[table])), max_size=2)
    return [*kept, *draw(added)]


def play(referee: Referee, data: st.DataObject) -> None:
    """Let tables change for some rounds, one or several at once."""
    referee.start(data.draw(TABLES))
    columns = st.sampled_from(referee.columns)
    referee.key = tuple(data.draw(st.lists(columns, min_size=1, unique=True)))
    for _ in range(ROUNDS):
        moved = data.draw(st.sets(st.sampled_from(sorted(COLUMNS)), min_size=1))
        tables = {
            name: data.draw(changes(name, rows)) if name in moved else rows
            for name, rows in referee.tables.items()
        }
        derivation = referee.change(tables)
    referee.assert_one_statement_says_the_same(derivation)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        yield connection


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=max(4, EXAMPLES // 100), suppress_health_check=LENIENT)
@given(data=st.data())
def test_refreshed_rows_equal_recomputed_ones(
    con: duckdb.DuckDBPyConnection, shape: str, data: st.DataObject
) -> None:
    play(Referee(SHAPES[shape], (), con), data)


@settings(max_examples=EXAMPLES * 3 // 5, suppress_health_check=LENIENT)
@given(sql=stacks(), data=st.data())
def test_refreshed_stacks_equal_recomputed_ones(
    con: duckdb.DuckDBPyConnection, sql: str, data: st.DataObject
) -> None:
    play(Referee(sql, (), con), data)
