"""What manifests say of a table's data files: newest snapshot -> rows, bounds of columns.

Metadata alone is read, never a data file. Bounds of numbers, dates and times are the least and the
greatest value of a file; those of texts may be cut off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lake.manifests import ManifestEntry, entries_of, manifests_of
from lake.storage import LakeFiles

if TYPE_CHECKING:
    from pyiceberg.manifest import ManifestFile

DATE, TIMESTAMP, TIMESTAMPTZ = "date", "timestamp", "timestamptz"
TIMES = (DATE, TIMESTAMP, TIMESTAMPTZ)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Metadata = Mapping[str, Any]


@dataclass(frozen=True)
class FileStatistics:
    """A data file of the newest snapshot; per field id: how many nulls, least, greatest value.

    `deleted` counts the rows that delete files take out of it. `constants` are what its partition
    holds for all of its rows.
    """

    path: str
    size: int
    rows: int
    nulls: Mapping[int, int] = field(default_factory=dict)
    lower: Mapping[int, bytes] = field(default_factory=dict)
    upper: Mapping[int, bytes] = field(default_factory=dict)
    constants: Mapping[int, Any] = field(default_factory=dict)
    deleted: int = 0


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest value of a column in one file; both None: it holds only nulls."""

    least: Any
    greatest: Any


@dataclass(frozen=True)
class Newest:
    """The greatest value of a column; not exact: a row that was deleted may have held it."""

    value: Any = None
    is_exact: bool = True


@dataclass(frozen=True)
class TableStatistics:
    """A table's newest snapshot by its metadata; a table without a commit has no files.

    Not `is_exact`: delete files do not say which data file they take rows out of.
    """

    metadata: Metadata
    files: tuple[FileStatistics, ...] = ()
    is_exact: bool = True

    @property
    def rows(self) -> int:
        """How many rows there are; at least, when the statistics are not exact."""
        return sum(file.rows - file.deleted for file in self.files)

    @cached_property
    def columns(self) -> dict[str, tuple[int, str]]:
        """Field id and Iceberg type of every column that has a plain type, by name."""
        current = self.metadata.get("current-schema-id", 0)
        schemas = {schema["schema-id"]: schema for schema in self.metadata["schemas"]}
        fields = schemas[current]["fields"]
        return {f["name"]: (f["id"], f["type"]) for f in fields if isinstance(f["type"], str)}

    @property
    def snapshot(self) -> Mapping[str, Any] | None:
        """The newest snapshot as the metadata file has it."""
        current = self.metadata.get("current-snapshot-id")
        found = (s for s in self.metadata.get("snapshots", ()) if s["snapshot-id"] == current)
        return next(found, None)

    @property
    def written_at(self) -> datetime | None:
        """When the newest snapshot was committed."""
        if self.snapshot is None:
            return None
        return EPOCH + timedelta(milliseconds=self.snapshot["timestamp-ms"])

    def bounds(self, file: FileStatistics, column: str) -> Bounds | None:
        """Return the bounds of a column in a file, None where metadata does not say them."""
        number, kind = self.columns[column]
        if number in file.constants:
            value = _of_partition(file.constants[number], kind)
            return Bounds(value, value)
        if number in file.lower and number in file.upper:
            return Bounds(decoded(file.lower[number], kind), decoded(file.upper[number], kind))
        return Bounds(None, None) if file.nulls.get(number) == file.rows else None

    def newest(self, column: str) -> Newest | None:
        """Return the greatest value of a column, None where a file does not say its own."""
        all_bounds = [(file, self.bounds(file, column)) for file in self.files]
        whole: list[Any] = []
        others: list[Any] = []
        for file, bounds in all_bounds:
            if bounds is None:
                return None
            if bounds.greatest is not None:
                (others if file.deleted or not self.is_exact else whole).append(bounds.greatest)
        if not whole and not others:
            return Newest()
        value = max(whole + others)
        return Newest(value, is_exact=value in whole)


def read_statistics(files: LakeFiles, metadata: Metadata) -> TableStatistics:
    """Return what the manifests of the newest snapshot say.

    Raises OSError when a file is gone, ValueError when it cannot be read.
    """
    statistics = TableStatistics(metadata)
    if statistics.snapshot is None:
        return statistics
    found: list[FileStatistics] = []
    deleted: Counter[str] = Counter()
    is_exact = True
    for manifest in manifests_of(files, statistics.snapshot):
        for entry in entries_of(files, manifest):
            if entry.is_data:
                found.append(_file(entry, manifest, metadata))
            elif entry.referenced is not None:
                deleted[entry.referenced] += entry.rows
            else:
                is_exact = False
    counted = tuple(_without(file, deleted[file.path]) for file in found)
    return TableStatistics(metadata, counted, is_exact)


def decoded(value: bytes, kind: str) -> Any:  # noqa: ANN401 - a value of any type
    """Return a bound as Python has it; what is neither number, time nor text stays bytes."""
    if kind in {*TIMES, "int", "long"}:
        return _of_partition(int.from_bytes(value, "little", signed=True), kind)
    return value.decode("utf-8", "replace") if kind == "string" else value


def _of_partition(value: Any, kind: str) -> Any:  # noqa: ANN401
    """Return a value as a partition or a bound has it: times count from 1970."""
    if value is None or not isinstance(value, int):
        return value
    if kind == DATE:
        return date(1970, 1, 1) + timedelta(days=value)
    if kind in {TIMESTAMP, TIMESTAMPTZ}:
        moment = _moment(value)
        return moment if kind == TIMESTAMPTZ else moment.replace(tzinfo=None)
    return value


def _moment(microseconds: int) -> datetime:
    """Return a time, the last or first that Python has for one beyond it."""
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return (datetime.max if microseconds > 0 else datetime.min).replace(tzinfo=UTC)


def _file(entry: ManifestEntry, manifest: ManifestFile, metadata: Metadata) -> FileStatistics:
    constants = _constants(entry.partition, manifest.partition_spec_id, metadata)
    return FileStatistics(
        entry.path, entry.size, entry.rows, entry.nulls, entry.lower, entry.upper, constants
    )


def _constants(partition: Any, spec_id: int, metadata: Metadata) -> dict[int, Any]:  # noqa: ANN401
    """Return the values of a partition's identity fields by the ids of their columns."""
    specs = {spec["spec-id"]: spec["fields"] for spec in metadata.get("partition-specs", ())}
    return {
        part["source-id"]: partition[place]
        for place, part in enumerate(specs.get(spec_id, ()))
        if part["transform"] == "identity"
    }


def _without(file: FileStatistics, deleted: int) -> FileStatistics:
    return replace(file, deleted=deleted) if deleted else file
