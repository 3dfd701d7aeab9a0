"""Runs declared exports: tables -> the exports that their models declare -> what became of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from lake.errors import EnvironmentFault, FirnError
from lake.lake import Identifier, Lake
from lake.settings import Settings
from operations.exports.declarations import DeclaredExport, load_exports
from operations.exports.destinations.choice import destination_at, in_project
from operations.exports.export import ExportOptions, no_progress, write_tables
from operations.exports.files import OnProgress
from operations.exports.filters.parsing import parse_filter
from operations.exports.manifest import Exported
from operations.exports.provenance import Moment, read_moment
from operations.exports.selection import select_tables


@dataclass(frozen=True)
class DeclaredResult:
    """What became of a declared export: its file, or the fault that kept it from being written."""

    declared: DeclaredExport
    exported: Exported | None = None
    fault: FirnError | None = None


def run_declared_exports(
    settings: Settings,
    lake: Lake,
    tables: Collection[Identifier] | None = None,
    on_progress: OnProgress = no_progress,
) -> list[DeclaredResult]:
    """Run the exports that the models of `tables` declare (None: of all), one after the other.

    All are of one moment of the lake. One that fails has its fault in the result, and the others
    are run. Raises ConfigurationError for mistakes in declarations, EnvironmentFault when the
    catalog cannot be read; nothing was written then.
    """
    chosen = [
        one for one in load_exports(settings.project_dir) if tables is None or one.table in tables
    ]
    moment = read_moment(lake)
    return [_result(settings, moment, one, on_progress) for one in chosen]


def _result(
    settings: Settings, moment: Moment, declared: DeclaredExport, on_progress: OnProgress
) -> DeclaredResult:
    try:
        [exported] = _run(settings, moment, declared, on_progress)
    except FirnError as fault:
        return DeclaredResult(declared, fault=fault)
    return DeclaredResult(declared, exported)


def _run(
    settings: Settings, moment: Moment, declared: DeclaredExport, on_progress: OnProgress
) -> list[Exported]:
    block, name = declared.block, ".".join(declared.table)
    if declared.table not in moment.pointers:
        raise EnvironmentFault(
            f"{name} is not in the lake", f"dbt build --select {declared.table[1]}"
        )
    where = parse_filter(block.where) if block.where else None
    destination = destination_at(in_project(block.to, settings), settings, moment.lake)
    options = ExportOptions(block.format, where, block.raw_text)
    tables = select_tables(settings, [name], moment.pointers)
    return write_tables(moment, tables, destination, options, on_progress)


def lines_of(results: Sequence[DeclaredResult]) -> Iterator[str]:
    """Yield how many declared exports were written, and those that were not; nothing for none."""
    if results:
        written = sum(one.fault is None for one in results)
        yield f"Exported: {written} of {len(results)} files that models declare"
    for one in results:
        if one.fault:
            yield f"  {one.declared.label} ({one.declared.declared_at}): {one.fault}"
