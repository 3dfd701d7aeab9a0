"""`firn verify`: declared tables + the lake -> per table, what differs and what fixes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lake.catalog_check import require_newest
from lake.lake import Lake
from lake.settings import Settings
from operations.preflight.create import RunDbt, read_project
from operations.preflight.declared import DeclaredTable
from operations.preflight.found import read_tables
from operations.preflight.rules import Difference, differences
from operations.preflight.selection import select_declared


@dataclass(frozen=True)
class Verified:
    """A table, and everything in which it is not as declared."""

    table: DeclaredTable
    differences: tuple[Difference, ...]


def verify_tables(
    settings: Settings, names: Sequence[str], run_dbt: RunDbt | None = None
) -> list[Verified]:
    """Compare every selected table with its declaration, by the rules of the pre-flight.

    Writes nothing and starts no Spark. Raises ConfigurationError for unknown names, LoadError when
    dbt cannot read the project, DataLossError when the catalog is older than the files.
    """
    project = read_project(settings, run_dbt)
    chosen = select_declared(project.all_tables(), names)
    lake, names_of = Lake(settings), [table.identifier for table in chosen]
    require_newest(lake, names_of)
    found = read_tables(lake, names_of)
    return [Verified(table, tuple(differences(table, found[table.identifier]))) for table in chosen]
