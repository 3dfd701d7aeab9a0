"""`--vars 'publication: 3'` -> gold as that publication has it, for dbt compile, show and test.

A relation of gold is written as the version of its table that the publication names.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dbt.adapters.spark.relation import SparkRelation
from dbt.flags import get_flags
from dbt.plugins.manager import dbtPlugin

VARIABLE = "publication"
READING = frozenset({"compile", "show", "test"})
ANY = frozenset({"parse", "list"})

_plain = SparkRelation.__str__
_snapshots: dict[str, int | None] = {}


class AsOf(dbtPlugin):
    """Lets commands that only read see an earlier publication; others refuse the variable."""

    def initialize(self) -> None:
        """Look the publication up. Raises ConfigurationError, which ends dbt's command."""
        _snapshots.clear()
        _write_relations_by(_plain)
        flags = get_flags()  # type: ignore[no-untyped-call]
        number = flags.VARS.get(VARIABLE)
        if number is None or flags.WHICH in ANY:
            return
        from lake.errors import ConfigurationError
        from lake.lake import Lake
        from lake.settings import Settings
        from operations.publication.book import require_publication

        if flags.WHICH not in READING:
            raise ConfigurationError(
                f"dbt {flags.WHICH} writes, and the variable {VARIABLE} is for reading",
                f"leave the variable out, or use dbt {', '.join(sorted(READING))}",
            )
        if not isinstance(number, int):
            raise ConfigurationError(
                f"the variable {VARIABLE} is {number!r}, not a number", "firn publications"
            )
        lake = Lake(Settings.load(Path(flags.PROJECT_DIR), flags.TARGET))
        for name, table in require_publication(lake, number).tables.items():
            _snapshots[name] = table.snapshot_id
        _write_relations_by(_as_published)


def _write_relations_by(function: Callable[[Any], str]) -> None:
    type.__setattr__(SparkRelation, "__str__", function)


def _as_published(relation: SparkRelation) -> str:
    """Return a relation as SQL: of gold what was published, empty where that had no rows."""
    from operations.dbt.manifest import GOLD

    if relation.schema != GOLD or not relation.identifier or relation.limit is not None:
        return _plain(relation)
    snapshot = _snapshots.get(f"{relation.schema}.{relation.identifier}")
    if snapshot is None:
        return f"(select * from {_plain(relation)} where false)"
    return f"{_plain(relation)} version as of {snapshot}"
