"""The gate before a run: what dbt is about to do + the lake -> go, or stop with every reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from ingestion.sources import load_sources
from lake.catalog_check import require_catalog
from lake.errors import FirnError
from lake.lake import Lake
from lake.settings import Settings
from operations.preflight.changes import record_changes
from operations.preflight.found import read_tables
from operations.preflight.graph import Project
from operations.preflight.policy import Verdict, verdict
from operations.preflight.report import message
from operations.preflight.rules import Difference, differences

# Of a larger table only what the newest commit added is looked at: a build must not wait for that.
MOST_DATA_FILES = 2_000


@dataclass(frozen=True)
class Run:
    """What dbt is about to do: its graph, the unique ids it selected, and its options."""

    graph: Mapping[str, Mapping[str, Any]]
    selected: Sequence[str]
    full_refresh: bool = False


@dataclass(frozen=True)
class Gate:
    """The differences that a run would meet, each with what happens about it."""

    judged: tuple[tuple[Difference, Verdict], ...]

    @classmethod
    def of(cls, judged: Iterable[tuple[Difference, Verdict]]) -> Self:
        """Decide by all differences together: nothing is fixed where the run does not start."""
        decided = tuple(judged)
        if any(verdict is Verdict.STOPS for _, verdict in decided):
            waiting = {Verdict.FIXED: Verdict.WAITS}
            decided = tuple((found, waiting.get(verdict, verdict)) for found, verdict in decided)
        return cls(decided)

    @property
    def is_closed(self) -> bool:
        """Whether the run must not start."""
        return any(verdict is Verdict.STOPS for _, verdict in self.judged)

    @property
    def fixes(self) -> list[str]:
        """The statements to run now, so that the run finds what it needs."""
        return [d.fix for d, verdict in self.judged if verdict is Verdict.FIXED]

    @property
    def message(self) -> str:
        """What to tell people; empty when there is nothing to tell."""
        return message(self.judged) if self.judged else ""


def examine(lake: Lake, settings: Settings, run: Run) -> Gate:
    """Compare every table that the run needs with the lake.

    A table that the run makes itself may be missing. Nothing is written. Raises FirnError when
    declarations or catalog cannot be read, and when the catalog is not the one of the files.
    """
    require_catalog(lake)
    project = Project(run.graph, load_sources(settings.project_dir), settings.project_name)
    needed = list(project.needed_tables(run.selected, full_refresh=run.full_refresh))
    names = [declared.identifier for declared, _ in needed]
    found = read_tables(lake, names, most_data_files=MOST_DATA_FILES)
    judged = [
        (difference, verdict(declared, difference))
        for declared, is_made in needed
        if not (is_made and found[declared.identifier] is None)
        for difference in differences(declared, found[declared.identifier])
    ]
    return Gate.of(judged)


def record(lake: Lake, run_id: str, gate: Gate) -> str:
    """Add the gate's differences to ops.schema_changes; return why that failed, "" if it did not.

    A ledger that cannot be written must not hide what it should have held.
    """
    try:
        record_changes(lake, run_id, gate.judged)
    except FirnError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever the catalog's library raises is the reason
        return f"{type(error).__name__}: {error}"
    return ""
