"""Temporary views whose rows are computed once: SQL -> a view that holds them for later statements.

Spark inlines a view into whatever reads it, with all it is made from. Where few rows come out, they
are fetched and given back as they are: plans stay small, and joins know how few they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dbt.adapters.spark.impl import SparkAdapter
from dbt.plugins.manager import dbtPlugin
from dbt_common.exceptions import DbtRuntimeError

from dbt_firn.adapter_methods import add_methods

if TYPE_CHECKING:
    from operations.derivation import NamedQuery

# More are kept by Spark (`cache table`): they would pass through this process and the driver.
MOST_FETCHED_ROWS = 100_000
# Types that come back from Arrow as they went.
PLAIN_TYPES = (
    *("boolean", "byte", "short", "integer", "long", "decimal", "float", "double"),
    *("string", "binary", "date", "timestamp", "timestamp_ntz"),
)

_made: dict[str, list[str]] = {}


class ComputedViews(dbtPlugin):
    """Gives dbt-spark's adapter the methods that macros make such views with."""

    def initialize(self) -> None:
        """Add the methods, once for all adapters."""
        add_methods(firn_compute_view, firn_drop_views)


def firn_compute_view(adapter: SparkAdapter, view: str, sql: str, expected_rows: int = 0) -> None:
    """Make a temporary view and compute its rows; where many are expected, Spark keeps them.

    Raises DbtRuntimeError with what Spark says.
    """
    adapter.execute(f"create or replace temporary view {view} as {sql}")
    if expected_rows > MOST_FETCHED_ROWS or not _fetched(adapter, view):
        adapter.execute(f"cache table {view}")


def make_views(
    adapter: SparkAdapter, owner: str, queries: Iterable[NamedQuery], expected_rows: int
) -> None:
    """Make the views of a script, computed where they hold few rows, until `owner` is dropped.

    Raises DbtRuntimeError with what Spark says.
    """
    for query in queries:
        _made.setdefault(owner, []).append(query.name)
        if query.has_few_rows:
            firn_compute_view(adapter, query.name, query.sql, expected_rows)
        else:
            adapter.execute(f"create or replace temporary view {query.name} as {query.sql}")


def firn_drop_views(adapter: SparkAdapter, owner: str) -> None:
    """Drop a view and all that were made for it. Raises DbtRuntimeError with what Spark says."""
    for view in [*reversed(_made.pop(owner, [])), owner]:
        adapter.execute(f"drop view if exists {view}")


def _fetched(adapter: SparkAdapter, view: str) -> bool:
    """Replace a view by its rows, if they are few and this process can ask Spark for them."""
    if adapter.config.credentials.method != "session":
        return False
    from pyspark.sql import SparkSession

    with _named():
        session = SparkSession.builder.getOrCreate()
        frame = session.table(view)
        if not all(_is_plain(field["type"]) for field in frame.schema.jsonValue()["fields"]):
            return False
        rows = frame.limit(MOST_FETCHED_ROWS + 1).toArrow()
        if rows.num_rows > MOST_FETCHED_ROWS:
            return False
        session.createDataFrame(rows, schema=frame.schema).createOrReplaceTempView(view)
    return True


def _is_plain(kind: Any) -> bool:  # noqa: ANN401 - a name, or a document of what is nested
    return isinstance(kind, str) and kind.partition("(")[0] in PLAIN_TYPES


@contextmanager
def _named() -> Iterator[None]:
    """Let dbt print what Spark says."""
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        raise DbtRuntimeError(str(error)) from error
