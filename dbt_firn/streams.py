"""Lets macros know where streams are -> `adapter.firn_snapshot_history`, `firn_stream_offsets`.

The macros of `macros/streams` use it.
"""

from typing import TYPE_CHECKING, Any

from dbt.adapters.spark.impl import SparkAdapter
from dbt.plugins.manager import dbtPlugin

from dbt_firn.adapter_methods import add_methods, lake_of, named_faults

if TYPE_CHECKING:
    from lake.snapshots import SnapshotHistory


class Streams(dbtPlugin):
    """Gives dbt-spark's adapter the methods that the macros of `macros/streams` call."""

    def initialize(self) -> None:
        """Add the methods, once for all adapters."""
        add_methods(firn_snapshot_history, firn_stream_offsets)


def firn_snapshot_history(
    adapter: SparkAdapter, table: str, offset: dict[str, Any]
) -> "SnapshotHistory":
    """Return how a table, such as silver.shop__orders, came to its head since a stream's offset.

    An offset is what a model's commit says of one upstream: `snapshot` and `sequence`, or nothing.
    Raises DbtRuntimeError, which dbt prints as it is, when the lake cannot be read.
    """
    from lake.lake import identifier_of
    from lake.snapshots import Offset, snapshot_history

    with named_faults():
        return snapshot_history(lake_of(adapter), identifier_of(table), Offset.of(offset))


def firn_stream_offsets(adapter: SparkAdapter, reader: str) -> dict[str, Any]:
    """Return what a model's own commits say that it has consumed.

    Raises DbtRuntimeError, which dbt prints as it is, when the lake cannot be read.
    """
    from lake.lake import identifier_of
    from lake.stream_offsets import stream_offsets

    with named_faults():
        return stream_offsets(lake_of(adapter), identifier_of(reader))
