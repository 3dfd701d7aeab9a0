"""What a model's upstream holds since the model read it last: metadata -> relations in SQL.

A derived refresh reads each table in two worlds: as it is (`now`) and as it was at the model's
stream offset (`old`), and as difference the rows that came (`inserted`) and went (`deleted`). All
four are pinned to snapshots, so that whatever is committed meanwhile is left to the next refresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lake.errors import EnvironmentFault
from lake.file_changes import FileChanges, file_changes
from lake.lake import Lake, identifier_of
from lake.snapshots import (
    APPEND,
    COMPACTION,
    ROW_LINEAGE_FORMAT,
    FullRead,
    Offset,
    SnapshotHistory,
    history_in,
    rows_in,
)
from operations.derivation import Upstream

# So many positions stand in a statement; more are found by a join of row ids.
MAXIMUM_POSITIONS = 20_000


@dataclass(frozen=True)
class Changes:
    """What was committed to an upstream since an offset: files, and by which kinds of commits."""

    since: Offset
    files: FileChanges
    is_appended: bool
    has_lineage: bool


@dataclass(frozen=True)
class UpstreamState:
    """A table that a model reads, as it is, and what changed since the model's offset.

    `changes` is None where nothing changed. With a `reason`, what changed cannot be known, and the
    model has to be rebuilt.
    """

    name: str
    head: str | None
    sequence: int
    columns: tuple[str, ...]
    rows: int
    changes: Changes | None = None
    reason: str = ""

    @property
    def changed_rows(self) -> int:
        """How many rows came or went, at most."""
        return self.changes.files.rows if self.changes else 0

    def upstream(self) -> Upstream:
        """Return the relations that stand for it in SQL."""
        now = _version(self.name, self.head)
        if self.changes is None:
            return Upstream(self.columns, now)
        old = _version(self.name, self.changes.since.snapshot)
        if not (self.changes.has_lineage and self.changes.files.is_exact):
            return Upstream(self.columns, now, old, _difference(now, old), _difference(old, now))
        if self.changes.is_appended:
            return Upstream(self.columns, now, old, self._appended(self.changes))
        return Upstream(
            self.columns, now, old, _written(now, self.changes), _deleted(now, old, self.changes)
        )

    def as_if_changed(self) -> Upstream:
        """Return the relations as they would be if rows had come and gone, differences by name."""
        if self.changes:
            return self.upstream()
        now = _version(self.name, self.head)
        table = self.name.replace(".", "_")
        return Upstream(
            self.columns, now, f"{table}__before", f"{table}__inserted", f"{table}__deleted"
        )

    def _appended(self, changes: Changes) -> str:
        """Return the rows of the files that were added.

        By the name of its branch, which Spark takes for another table: a query that reads a table
        twice, once with options, reads it with them in both places (SPARK-58330).
        """
        return (
            f"(select * from {self.name}.branch_main with"
            f" (`start-snapshot-id` = '{changes.since.snapshot}',"
            f" `end-snapshot-id` = '{self.head}'))"
        )


def _written(now: str, changes: Changes) -> str:
    """Return the rows that were written since; compaction leaves their sequence number."""
    since = changes.since.sequence
    return f"(select * from {now} where _last_updated_sequence_number > {since})"


def _deleted(now: str, old: str, changes: Changes) -> str | None:
    """Return the rows of the old version that were deleted, or written again; None without any."""
    positions = changes.files.deleted
    are_few = sum(len(found) for found in positions.values()) <= MAXIMUM_POSITIONS
    touched = [] if are_few else [*positions]
    removed = [*changes.files.removed, *touched]
    rows = [_rows_at(old, positions)] if positions and are_few else []
    if removed:
        rows.append(_rows_gone(now, old, removed, [*changes.files.added, *touched], changes.since))
    return f"({' union all '.join(rows)})" if rows else None


def _rows_at(table: str, positions: Mapping[str, Iterable[int]]) -> str:
    """Return the rows at positions of files, which stand as one text for each file.

    Thousands of literals took Spark longer to resolve than the table to read. Only positions are
    compared for every row; an equality of paths would be, too.
    """
    found = (
        f"({_text(path)}, '[{','.join(map(str, rows))}]')"
        for path, rows in sorted(positions.items())
    )
    return (
        f"select * from {table} left semi join (select _firn_path, _firn_pos"
        f" from values {', '.join(found)} as removed(_firn_path, _firn_positions)"
        " lateral view explode(from_json(_firn_positions, 'array<bigint>')) as _firn_pos"
        ") on _pos = _firn_pos and _file between _firn_path and _firn_path"
    )


def _rows_gone(now: str, old: str, before: list[str], after: list[str], since: Offset) -> str:
    """Return the rows of files that are not, unchanged, in the files that took their place."""
    return (
        f"select * from {old} left anti join ("
        f"select _row_id as stayed from {now}"
        f" where _last_updated_sequence_number <= {since.sequence} and _file in ({_texts(after)})"
        f") on _row_id = stayed where _file in ({_texts(before)})"
    )


def read_upstream(lake: Lake, name: str, consumed: Mapping[str, Any] | None) -> UpstreamState:
    """Return the state of an upstream; `consumed` is what the model's own commit says of it.

    Raises EnvironmentFault when the catalog or a file of metadata cannot be read.
    """
    metadata = lake.metadata(identifier_of(name))
    if metadata is None or "snapshots" not in metadata:
        return UpstreamState(name, None, 0, (), 0, reason=f"{name} is no Iceberg table")
    offset = Offset.of(consumed)
    history = history_in(metadata, identifier_of(name), offset)
    return _State(lake, name, metadata, history).since(offset)


@dataclass(frozen=True)
class _State:
    lake: Lake
    name: str
    metadata: Mapping[str, Any]
    history: SnapshotHistory

    def since(self, offset: Offset | None) -> UpstreamState:
        """Return the upstream with what changed since the offset."""
        full_read = self.history.full_read
        if self.history.head is None and offset is None:
            return self._state()
        if offset is None or full_read not in {None, FullRead.OVERWRITTEN}:
            return self._state(reason=f"{self.name}: {full_read}")
        old = self._snapshot(offset.snapshot)
        if changed := self._changed_columns(old):
            return self._state(reason=f"{self.name} changed its columns {', '.join(changed)}")
        return self._state(changes=self._changes(offset, old))

    def _changes(self, since: Offset, old: Mapping[str, Any]) -> Changes | None:
        """Return what the commits since changed; rows that compaction moved did not."""
        operations = {snapshot["summary"]["operation"] for snapshot in self.history.since}
        if operations <= {COMPACTION}:
            return None
        files = self._file_changes(old, self.history.since[0])
        has_lineage = self.metadata["format-version"] >= ROW_LINEAGE_FORMAT
        changes = Changes(since, files, operations <= {COMPACTION, APPEND}, has_lineage)
        return None if files == FileChanges() else changes

    def _state(self, reason: str = "", changes: Changes | None = None) -> UpstreamState:
        head = self.history.head
        return UpstreamState(
            name=self.name,
            head=head,
            sequence=self.history.sequence,
            columns=tuple(field["name"] for field in self._fields(None)),
            rows=rows_in(self._snapshot(head)) if head else 0,
            changes=changes,
            reason=reason,
        )

    def _snapshot(self, number: str) -> Mapping[str, Any]:
        found = (s for s in self.metadata["snapshots"] if str(s["snapshot-id"]) == number)
        return next(found)

    def _file_changes(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> FileChanges:
        try:
            return file_changes(self.lake.files, old, new)
        except OSError as error:
            raise EnvironmentFault(
                f"{self.name}: a manifest cannot be read: {error}", "firn doctor"
            ) from error

    def _changed_columns(self, old: Mapping[str, Any]) -> list[str]:
        """Return the columns that the old version has not, or has by another name or type."""
        before = {(f["id"], f["name"], str(f["type"])) for f in self._fields(old.get("schema-id"))}
        now = [(f["id"], f["name"], str(f["type"])) for f in self._fields(None)]
        return [name for number, name, kind in now if (number, name, kind) not in before]

    def _fields(self, schema: int | None) -> list[Mapping[str, Any]]:
        wanted = self.metadata.get("current-schema-id") if schema is None else schema
        for found in self.metadata.get("schemas", ()):
            if found["schema-id"] == wanted:
                return list(found["fields"])
        return []


def _version(name: str, snapshot: str | None) -> str:
    return name if snapshot is None else f"{name} version as of {snapshot}"


def _difference(one: str, other: str) -> str:
    return f"(select * from {one} except all select * from {other})"


def _texts(values: Iterable[str]) -> str:
    return ", ".join(_text(value) for value in sorted(values)) or "''"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
