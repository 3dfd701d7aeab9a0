"""`firn export`: gold tables -> sorted files in a folder, and a manifest of what they are.

Files are written under hidden names and renamed when all of them are whole, so a reader never sees
half of one. Two exports of the same snapshots are the same bytes.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lake.errors import ConfigurationError, EnvironmentFault
from lake.lake import Lake
from lake.settings import Settings
from operations.exports.formats import (
    ExportFormat,
    HashedFile,
    csv_select,
    write_csv,
    write_parquet,
)
from operations.exports.rows import sorted_batches
from operations.exports.selection import GoldTable, select_tables

if TYPE_CHECKING:
    from pyiceberg.table import Table

MANIFEST = "firn-export.json"
STAGED = f".{MANIFEST}.part"
VERSION = 1


@dataclass(frozen=True)
class Exported:
    """A file of an export: the table and snapshot it holds, its rows, bytes and SHA-256."""

    table: str
    file: str
    snapshot_id: int | None
    rows: int
    bytes: int
    sha256: str
    sorted_by: tuple[str, ...] = ()


def export_tables(
    settings: Settings, names: Sequence[str], folder: Path, kind: ExportFormat = ExportFormat.CSV
) -> list[Exported]:
    """Write the selected gold tables (none: all) to files in `folder`, which is made if missing.

    Raises ConfigurationError for unknown names and for a file in the way that no export wrote,
    EnvironmentFault when the folder cannot be written to. Nothing is replaced then.
    """
    tables = select_tables(settings, names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        known = _known(folder / MANIFEST) | _known(folder / STAGED)
        _require_own(folder, [_file_of(table, kind) for table in tables], known)
        with tempfile.TemporaryDirectory(prefix=".firn-export-", dir=folder) as staging:
            lake = Lake(settings)
            exported = [_write(lake, table, kind, Path(staging)) for table in tables]
            _publish(folder, Path(staging), exported, known)
    except OSError as error:
        raise EnvironmentFault(
            f"{folder}: the export cannot be written: {error.strerror or error}",
            "make room, or give yourself the right to write there",
        ) from error
    return exported


def _write(lake: Lake, gold: GoldTable, kind: ExportFormat, staging: Path) -> Exported:
    """Write one table's file into the staging folder."""
    table = lake.table(gold.identifier)
    if table is None:
        raise EnvironmentFault(
            f"{'.'.join(gold.identifier)} was dropped meanwhile", "run the same command again"
        )
    name = _file_of(gold, kind)
    scratch = staging / f"{gold.name}.sort"
    with (staging / name).open("xb") as stream:
        file = HashedFile(stream)
        rows = _write_rows(table, gold.key, kind, file, scratch)
        stream.flush()
        os.fsync(stream.fileno())
    snapshot = table.current_snapshot()
    return Exported(
        ".".join(gold.identifier),
        name,
        snapshot.snapshot_id if snapshot else None,
        rows,
        file.size,
        file.sha256,
        gold.key,
    )


def _write_rows(
    table: Table, key: Sequence[str], kind: ExportFormat, to: HashedFile, scratch: Path
) -> int:
    fields = table.schema().fields
    if kind is ExportFormat.CSV:
        with sorted_batches(table, key, csv_select(fields), scratch) as batches:
            return write_csv([field.name for field in fields], batches, to)
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
    with sorted_batches(table, key, "*", scratch) as batches:
        return write_parquet(schema, batches, to)


def _publish(
    folder: Path, staging: Path, exported: Sequence[Exported], known: dict[str, Exported]
) -> None:
    """Rename all files and then the manifest, which stays staged if the process dies between."""
    there = {name: one for name, one in known.items() if (folder / name).exists()}
    merged = {**there, **{one.file: one for one in exported}}
    staged = staging / STAGED
    staged.write_text(_as_json(merged.values()), encoding="utf-8")
    staged.replace(folder / STAGED)
    for one in exported:
        (staging / one.file).replace(folder / one.file)
    (folder / STAGED).replace(folder / MANIFEST)


def _as_json(exported: Iterable[Exported]) -> str:
    files = [asdict(one) for one in sorted(exported, key=lambda one: one.file)]
    return json.dumps({"version": VERSION, "files": files}, indent=2) + "\n"


def _known(manifest: Path) -> dict[str, Exported]:
    """Return the files that exports before have written here, by name."""
    try:
        files = json.loads(manifest.read_bytes())["files"]
        return {one["file"]: Exported(**one) for one in files}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{manifest} is no manifest of an export: {error!r}",
            "choose another folder, or move that file away",
        ) from None


def _require_own(folder: Path, names: Iterable[str], known: dict[str, Exported]) -> None:
    """Raise ConfigurationError for files in the way that no export wrote."""
    foreign = [name for name in names if os.path.lexists(folder / name) and name not in known]
    if foreign:
        raise ConfigurationError(
            f"{folder} holds {', '.join(foreign)}, which no export wrote",
            "move them away, or choose another folder",
        )


def _file_of(table: GoldTable, kind: ExportFormat) -> str:
    return f"{table.name}.{kind.value}"
