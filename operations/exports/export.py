"""`firn export`: gold tables -> sorted files at a destination, and a manifest of what they are.

All tables are read as they were at one moment. Files are staged, and placed when all of them are
whole, so a reader never sees half of one. Two exports of the same snapshots are the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lake.errors import ConfigurationError, EnvironmentFault
from lake.lake import Lake
from lake.settings import Settings
from operations.exports.destinations.base import Destination
from operations.exports.destinations.choice import destination_at
from operations.exports.files import ChosenTable, OnProgress, Progress, write_file
from operations.exports.filters.parsing import Filter
from operations.exports.formats.base import ExportFormat
from operations.exports.formats.choice import format_of
from operations.exports.manifest import MANIFEST, STAGED, Exported, as_json, read_manifest
from operations.exports.provenance import Moment, read_moment
from operations.exports.selection import GoldTable, select_tables


@dataclass(frozen=True)
class ExportOptions:
    """How tables are exported; `raw_text` leaves texts in CSV as they are."""

    kind: ExportFormat = ExportFormat.CSV
    where: Filter | None = None
    raw_text: bool = False


def no_progress(_: Progress) -> None:
    """Tell nobody."""


def export_tables(
    settings: Settings,
    names: Sequence[str],
    to: str,
    options: ExportOptions = ExportOptions(),
    on_progress: OnProgress = no_progress,
) -> list[Exported]:
    """Write the selected gold tables (none: all) to files at `to`, a folder or s3://bucket/prefix.

    A folder is made if missing. Raises ConfigurationError for unknown names and columns, and for a
    file in the way that no export wrote; EnvironmentFault when the destination cannot be written
    to, or a table cannot be read. Nothing is replaced then.
    """
    lake = Lake(settings)
    moment = read_moment(lake)
    tables = select_tables(settings, names, moment.pointers)
    destination = destination_at(to, settings, lake)
    return write_tables(moment, tables, destination, options, on_progress)


def write_tables(
    moment: Moment,
    tables: Sequence[GoldTable],
    destination: Destination,
    options: ExportOptions,
    on_progress: OnProgress = no_progress,
) -> list[Exported]:
    """Write tables as they were at a moment. Raises as `export_tables` does."""
    chosen = [ChosenTable.at(moment, table, options.where) for table in tables]
    format_ = format_of(options.kind, raw_text=options.raw_text)
    try:
        _require_own(destination, [f"{one.name}.{format_.suffix}" for one in tables])
        with destination.staging() as staging:
            exported = [write_file(one, format_, staging, on_progress) for one in chosen]
            with destination.placing():
                _publish(destination, staging, exported, moment.publication)
    except OSError as error:
        raise EnvironmentFault(
            f"{destination.label}: the export cannot be written: {_reason(error)}",
            destination.cure,
        ) from error
    return exported


def _publish(
    destination: Destination,
    staging: Path,
    exported: Sequence[Exported],
    publication: int | None,
) -> None:
    """Place all files and then the manifest; a staged one tells what they are in between.

    What is there already is looked at again: another export may have placed files meanwhile.
    """
    names = [one.file for one in exported]
    known = _require_own(destination, names)
    there = {name: one for name, one in known.items() if destination.holds(name)}
    manifest = as_json({**there, **{one.file: one for one in exported}}.values(), publication)
    for name in (STAGED, MANIFEST):
        (staging / name).write_text(manifest, encoding="utf-8")
    for name in (STAGED, *names, MANIFEST):
        destination.place(staging / name, name)
    destination.remove(STAGED)


def _require_own(destination: Destination, names: Iterable[str]) -> dict[str, Exported]:
    """Return the files that exports before have written there, by name.

    Raises ConfigurationError for files in the way that no export wrote.
    """
    known = _known(destination)
    foreign = [name for name in names if name not in known and destination.holds(name)]
    if foreign:
        raise ConfigurationError(
            f"{destination.label} holds {', '.join(foreign)}, which no export wrote",
            "move them away, or choose another destination",
        )
    return known


def _known(destination: Destination) -> dict[str, Exported]:
    """Return what the manifest says, and one of an export that was killed."""
    found: dict[str, Exported] = {}
    for name in (MANIFEST, STAGED):
        found |= read_manifest(destination.read(name), f"{destination.label}/{name}")
    return found


def _reason(error: OSError) -> str:
    text = error.strerror or str(error) or type(error).__name__
    return text.splitlines()[0]
