"""`firn create`: declared tables that the lake lacks -> the same tables, empty, in their shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ingestion.quarantine.store import COLUMNS, quarantine_of
from ingestion.raw_tables.schema import RawShape, ensure_raw_table
from ingestion.sources import load_sources
from lake.catalog_check import require_catalog
from lake.lake import Lake
from lake.settings import Settings
from lake.system_tables import ensure_system_table
from operations.dbt.runner import follow_dbt, written_graph
from operations.preflight.declared import DeclaredTable
from operations.preflight.graph import Project
from operations.preflight.selection import select_declared

RunDbt = Callable[[list[str]], object]
# Seeds are small tables kept by hand: a missing one that a model looks into is loaded.
BUILD_EMPTY = ["build", "--empty", "--resource-type", "model", "--resource-type", "seed"]


@dataclass(frozen=True)
class Creation:
    """What was made, and what of the selection was there already."""

    made: tuple[DeclaredTable, ...]
    present: tuple[DeclaredTable, ...]


def create_tables(
    settings: Settings, names: Sequence[str], run_dbt: RunDbt | None = None
) -> Creation:
    """Make every selected table that is missing, and what it is made from, empty.

    A table that is there is not touched, whatever it looks like; `firn verify` says what differs.
    Without a missing model, no Spark is started. `run_dbt` runs a dbt command in the project.
    Raises ConfigurationError for unknown names, DataLossError when the catalog is not the one
    of the files, LoadError with what dbt said when it failed.
    """
    lake = Lake(settings)
    require_catalog(lake)
    project = read_project(settings, run_dbt)
    chosen = select_declared(project.all_tables(), names)
    there = lake.pointers()
    missing = [t for t in project.with_upstreams(chosen) if t.identifier not in there]
    _make_landed(lake, project, missing)
    if models := [table.dbt_name for table in missing if table.dbt_name]:
        _runner(settings, run_dbt)([*BUILD_EMPTY, "--select", *models])
    return Creation(
        made=tuple(missing),
        present=tuple(table for table in chosen if table.identifier in there),
    )


def read_project(settings: Settings, run_dbt: RunDbt | None = None) -> Project:
    """Return the project as it is declared now. Raises ConfigurationError, LoadError."""
    landed = load_sources(settings.project_dir)
    _runner(settings, run_dbt)(["parse"])
    return Project(written_graph(settings), landed, settings.project_name)


def _runner(settings: Settings, run_dbt: RunDbt | None) -> RunDbt:
    return run_dbt or (lambda arguments: follow_dbt(settings, arguments))


def _make_landed(lake: Lake, project: Project, missing: Iterable[DeclaredTable]) -> None:
    """Make what ingestion makes: raw tables, and its own quarantine of each source."""
    wanted = {table.identifier for table in missing}
    for source in project.landed:
        for table in source.tables:
            if table.identifier in wanted:
                ensure_raw_table(lake.catalog, RawShape.of(table))
        if (quarantine := quarantine_of(source.name)) in wanted:
            ensure_system_table(lake, quarantine, COLUMNS)
