"""Temporary views whose rows are computed once: SQL -> a view that holds them for later statements.

Spark inlines a view into whatever reads it, with all it is made from. Where few rows come out, they
are fetched and given back as they are: plans stay small, and joins know how few they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.spark.impl import SparkAdapter
from dbt.plugins.manager import dbtPlugin

from dbt_firn.adapter_methods import add_methods, named_faults

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from operations.derivation import NamedQuery

# More are kept by Spark (`cache table`): they would pass through this process and the driver.
MOST_FETCHED_ROWS = 250_000
# Types that come back from Arrow as they went.
PLAIN_TYPES = (
    *("boolean", "byte", "short", "integer", "long", "decimal", "float", "double"),
    *("string", "binary", "date", "timestamp", "timestamp_ntz"),
)
AT_ONCE = 2  # a version of a table is often one file, which one task reads

_log = AdapterLogger("Firn")
_made: dict[str, list[str]] = {}


class ComputedViews(dbtPlugin):
    """Gives dbt-spark's adapter the methods that macros make such views with."""

    def initialize(self) -> None:
        """Add the methods, once for all adapters."""
        add_methods(firn_compute_view, firn_drop_views)


def firn_compute_view(adapter: SparkAdapter, view: str, sql: str) -> int:
    """Make a temporary view, compute its rows and return how many they are.

    Raises DbtRuntimeError with what Spark says.
    """
    session = _session_of(adapter)
    count = None if session is None else _fetch(session, view, sql)
    if count is None:
        adapter.execute(f"create or replace temporary view {view} as {sql}")
        adapter.execute(f"cache table {view}")
        _, counted = adapter.execute(f"select count(*) from {view}", fetch=True)
        count = int(counted.rows[0][0])
    return count


def make_views(adapter: SparkAdapter, owner: str, queries: Iterable[NamedQuery]) -> None:
    """Make the views of a script, computed where they hold few rows, until `owner` is dropped.

    What reads no other view of `owner` is computed side by side. Raises DbtRuntimeError with what
    Spark says.
    """
    found = list(queries)
    _made.setdefault(owner, []).extend(query.name for query in found)
    session = _session_of(adapter)
    first = [query for query in found if query.has_few_rows and owner not in query.sql]
    done: set[str] = set()
    if session is not None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            fetched = pool.map(lambda query: _fetch(session, query.name, query.sql), first)
            counts = zip(first, fetched, strict=True)
            done = {query.name for query, count in counts if count is not None}
    for query in found:
        if query.name in done:
            continue
        if query.has_few_rows:
            firn_compute_view(adapter, query.name, query.sql)
        else:
            adapter.execute(f"create or replace temporary view {query.name} as {query.sql}")


def firn_drop_views(adapter: SparkAdapter, owner: str) -> None:
    """Drop a view and all that were made for it, as far as they are there."""
    views = [*reversed(_made.pop(owner, [])), owner]
    session = _session_of(adapter)
    for view in views:
        if session is None:
            adapter.execute(f"drop view if exists {view}")
        else:
            session.catalog.dropTempView(view)


def _session_of(adapter: SparkAdapter) -> SparkSession | None:
    """Return the session that dbt uses, None where it talks to a Thrift server."""
    if adapter.config.credentials.method != "session":
        return None
    from pyspark.sql import SparkSession

    from operations.runtime.connect_client import REMOTE

    parameters = adapter.config.credentials.server_side_parameters
    builder = SparkSession.builder
    if REMOTE in parameters:  # a Spark Connect server, as that of `--target warm`
        builder = builder.remote(parameters[REMOTE])
    return builder.getOrCreate()


def _fetch(session: SparkSession, view: str, sql: str) -> int | None:
    """Make a view of the rows of a query and count them; None if they are not few and plain."""
    from pyspark.errors import PySparkException

    with named_faults(PySparkException):
        frame = session.sql(sql)
        if not all(_is_plain(field["type"]) for field in frame.schema.jsonValue()["fields"]):
            return None
        rows = frame.limit(MOST_FETCHED_ROWS + 1).toArrow()
        if rows.num_rows > MOST_FETCHED_ROWS:
            return None
        session.createDataFrame(rows, schema=frame.schema).createOrReplaceTempView(view)
    _log.debug(f"{view}: {rows.num_rows} rows of {sql}")
    return int(rows.num_rows)


def _is_plain(kind: Any) -> bool:  # noqa: ANN401 - a name, or a document of what is nested
    return isinstance(kind, str) and kind.partition("(")[0] in PLAIN_TYPES
