"""What tables' commits say, read from metadata files that changed: pointers -> commits by table.

One query of the catalog tells which tables changed since the last look. Of an idle lake no file is
read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lake.branches import CURRENT, is_staged
from lake.errors import EnvironmentFault
from lake.lake import Lake, identifier_of
from lake.metadata import read_metadata_of
from lake.snapshots import changes_rows, line_of
from lake.stream_offsets import PROPERTY


@dataclass(frozen=True)
class Commit:
    """A snapshot: when readers saw it first, its rows, and what its model had consumed by then.

    `consumed` has by upstream table the snapshot up to which it was read; None where the commit
    says nothing of it, as that of a load or of maintenance.
    """

    snapshot: str
    at: float
    is_change: bool
    rows: int
    consumed: Mapping[str, str] | None = None


@dataclass(frozen=True)
class _Known:
    metadata: str
    commits: tuple[Commit, ...]
    history: tuple[Commit, ...]


class Heads:
    """The commits of the tables that are looked at, newest first."""

    def __init__(self, lake: Lake, tables: Iterable[str]) -> None:
        """Look at these tables, such as gold.sales_daily; nothing is read yet."""
        self._lake = lake
        self._tables = tuple(tables)
        self._pointers: dict[str, str] = {}
        self._known: dict[str, _Known] = {}

    def look(self) -> bool:
        """Return whether a table changed since the last look.

        Raises EnvironmentFault, also for a catalog that had tables and has none any more: it is
        away, as a file system may be that is not mounted.
        """
        found = self._lake.pointers()
        if self._pointers and not found:
            label = self._lake.backend.label
            raise EnvironmentFault(f"the catalog {label} has no table any more", "firn doctor")
        pointers = {
            table: pointer.metadata
            for table in self._tables
            if (pointer := found.get(identifier_of(table))) and pointer.metadata
        }
        has_changed = pointers != self._pointers
        self._pointers = pointers
        return has_changed

    def commits(self, table: str) -> tuple[Commit, ...]:
        """Return the commits that led to a table's newest snapshot; none of one that is not there.

        Raises EnvironmentFault when its metadata file cannot be read.
        """
        known = self._of(table)
        return known.commits if known else ()

    def history(self, table: str) -> tuple[Commit, ...]:
        """Return all commits that a table still has, newest first, those before a replacement too.

        Raises EnvironmentFault as `commits` does.
        """
        known = self._of(table)
        return known.history if known else ()

    def head(self, table: str) -> str | None:
        """Return the newest snapshot that changed a table's rows, None without one."""
        return next((commit.snapshot for commit in self.commits(table) if commit.is_change), None)

    def is_there(self, table: str) -> bool:
        """Whether the catalog has the table, as it was looked at last."""
        return table in self._pointers

    def _of(self, table: str) -> _Known | None:
        location = self._pointers.get(table)
        if location is None:
            return None
        known = self._known.get(table)
        if known is None or known.metadata != location:
            known = self._known[table] = self._read(table, location)
        return known

    def _read(self, table: str, location: str) -> _Known:
        metadata = read_metadata_of(identifier_of(table), self._lake.files, location)
        visible = visible_at(metadata)
        commits = {
            s["snapshot-id"]: _commit(table, s, visible[s["snapshot-id"]])
            for s in metadata.get("snapshots", ())
            if s["snapshot-id"] in visible
        }
        by_age = sorted(metadata.get("snapshots", ()), key=lambda s: -s.get("sequence-number", 0))
        return _Known(
            location,
            tuple(commits[snapshot["snapshot-id"]] for snapshot in line_of(metadata)),
            tuple(commits[number] for s in by_age if (number := s["snapshot-id"]) in commits),
        )


def visible_at(metadata: Mapping[str, Any]) -> dict[int, int]:
    """Return when readers saw each snapshot first, in milliseconds; none that they never saw.

    A run's commits are seen when `main` is moved to the last of them. What the log of `main` does
    not reach back to, and a table that no run stages, is seen when it is committed.
    """
    snapshots = {s["snapshot-id"]: s for s in metadata.get("snapshots", ())}
    seen: dict[int, int] = {}
    log = metadata.get("snapshot-log", ())
    if log:  # of what came before its first entry, the log says nothing any more
        before = islice(line_of({**metadata, CURRENT: log[0]["snapshot-id"]}), 1, None)
        seen = {s["snapshot-id"]: s["timestamp-ms"] for s in before}
    for entry in log:
        number = entry["snapshot-id"]
        while number in snapshots and number not in seen:
            seen[number] = entry["timestamp-ms"]
            number = snapshots[number].get("parent-snapshot-id")
    known = line_of(metadata) if is_staged(metadata) else snapshots.values()
    own = {snapshot["snapshot-id"]: snapshot["timestamp-ms"] for snapshot in known}
    return own | seen


def _commit(table: str, snapshot: Mapping[str, Any], at: int) -> Commit:
    summary = snapshot["summary"]
    said = summary.get(PROPERTY + table)
    streams = json.loads(said).get("streams", {}) if said else None
    return Commit(
        str(snapshot["snapshot-id"]),
        at / 1000,
        changes_rows(identifier_of(table), snapshot),
        int(summary.get("added-records", 0)),
        None if streams is None else {up: at["snapshot"] for up, at in streams.items()},
    )
