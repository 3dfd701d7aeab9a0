"""Lets macros ask Firn's Python -> `adapter.firn_examine` and `adapter.firn_record`.

The macro `preflight()` uses it; without this plugin it refuses to build anything.
"""

from typing import TYPE_CHECKING, Any

from dbt.adapters.spark.impl import SparkAdapter
from dbt.plugins.manager import dbtPlugin
from dbt_common.exceptions import DbtRuntimeError

from dbt_firn.adapter_methods import add_methods, lake_of, settings_of

if TYPE_CHECKING:
    from operations.preflight.gate import Gate


class Preflight(dbtPlugin):
    """Gives dbt-spark's adapter the methods that the macros of `macros/checks` call."""

    def initialize(self) -> None:
        """Add the methods, once for all adapters."""
        add_methods(firn_examine, firn_record)


def firn_examine(
    adapter: SparkAdapter, graph: dict[str, Any], selected: list[str], full_refresh: bool
) -> "Gate":
    """Return what stands between a run of `selected` and the lake; writes nothing.

    Raises DbtRuntimeError, which dbt prints as it is, for unusable declarations or catalogs.
    """
    from lake.errors import FirnError
    from operations.preflight.gate import Run, examine

    try:
        return examine(lake_of(adapter), settings_of(adapter), Run(graph, selected, full_refresh))
    except FirnError as error:
        raise DbtRuntimeError(f"Nothing was built: {error}") from error


def firn_record(adapter: SparkAdapter, gate: "Gate", run_id: str) -> str:
    """Add the differences to ops.schema_changes; return why that failed, "" if it did not."""
    from operations.preflight.gate import record

    return record(lake_of(adapter), run_id, gate)
