"""Lets macros ask Firn's Python -> `adapter.firn_examine` and `adapter.firn_record`.

The macro `preflight()` uses it; without this plugin it refuses to build anything.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt.adapters.base.meta import available
from dbt.adapters.spark.impl import SparkAdapter
from dbt.plugins.manager import dbtPlugin
from dbt_common.exceptions import DbtRuntimeError

if TYPE_CHECKING:
    from ingestion.lake import Lake
    from ingestion.settings import Settings
    from operations.preflight.gate import Gate


class Preflight(dbtPlugin):
    """Gives dbt-spark's adapter the methods that the macros of `macros/checks` call."""

    def initialize(self) -> None:
        """Add the methods, once for all adapters."""
        for method in (firn_examine, firn_record):
            name = method.__name__
            setattr(SparkAdapter, name, available(method))
            SparkAdapter._available_ |= {name}


def firn_examine(
    adapter: SparkAdapter, graph: dict[str, Any], selected: list[str], full_refresh: bool
) -> "Gate":
    """Return what stands between a run of `selected` and the lake; writes nothing.

    Raises DbtRuntimeError, which dbt prints as it is, for unusable declarations or catalogs.
    """
    from ingestion.errors import FirnError
    from operations.preflight.gate import Run, examine

    try:
        return examine(_lake(adapter), _settings(adapter), Run(graph, selected, full_refresh))
    except FirnError as error:
        raise DbtRuntimeError(f"Nothing was built: {error}") from error


def firn_record(adapter: SparkAdapter, gate: "Gate", run_id: str) -> str:
    """Add the differences to ops.schema_changes; return why that failed, "" if it did not."""
    from operations.preflight.gate import record

    return record(_lake(adapter), run_id, gate)


def _settings(adapter: SparkAdapter) -> "Settings":
    from ingestion.settings import Settings

    return Settings.load(Path(adapter.config.project_root))


def _lake(adapter: SparkAdapter) -> "Lake":
    """Return the very lake that this run's Spark was given."""
    from ingestion.lake import Lake

    return Lake(_settings(adapter), adapter.config.credentials.server_side_parameters)
