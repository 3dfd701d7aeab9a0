"""Appends data files in one commit: files + the stored metadata -> the next, compare and set.

Its time grows little with the snapshots that a table has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadataUtil
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _FastAppendFiles

from ingestion.raw_tables.manifest_list import AppendedSnapshot, appended_list
from lake.branches import MAIN
from lake.catalogs.base import Identifier
from lake.commit_times import next_timestamp
from lake.metadata_commit import (
    commit_metadata,
    metadata_location,
    remove_files,
    with_snapshot,
)

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile, ManifestFile
    from pyiceberg.table import Transaction

    from lake.lake import Lake
    from lake.metadata import StoredTable

FORMAT_VERSION = 2


class _Added(_FastAppendFiles):
    """An append that writes the manifest of its own files only."""

    def _existing_manifests(self) -> list[ManifestFile]:
        return []


class Append:
    """One append to a table as it was stored; nobody else may have changed the table since."""

    def __init__(self, lake: Lake, identifier: Identifier, stored: StoredTable) -> None:
        """Append to the table that `stored` is the newest metadata of."""
        self._lake = lake
        self._identifier = identifier
        self._stored = stored
        self.table = _with_newest_snapshot_only(lake, identifier, stored)
        self._snapshot: dict[str, Any] = {}
        self._written: list[str] = []

    @staticmethod
    def is_possible(stored: StoredTable) -> bool:
        """Whether a table can be appended to so: Firn's own have this format."""
        return bool(stored.document.get("format-version") == FORMAT_VERSION)

    def stage(self, transaction: Transaction, files: Sequence[DataFile]) -> int:
        """Write the manifest and the manifest list; return the new snapshot's id.

        Raises OSError.
        """
        producer = _Added(Operation.APPEND, transaction, self.table.io)
        for file in files:
            producer.append_data_file(file)
        manifests = producer._manifests()
        self._written += [manifest.manifest_path for manifest in manifests]
        before = self.table.current_snapshot()
        sequence_number = int(self._stored.document["last-sequence-number"]) + 1
        content = appended_list(
            AppendedSnapshot(
                producer.snapshot_id,
                before.snapshot_id if before else None,
                sequence_number,
                producer._compression,
            ),
            manifests,
            self.table.io.new_input(before.manifest_list) if before else None,
        )
        name = f"snap-{producer.snapshot_id}-0-{producer.commit_uuid}.avro"
        self._snapshot = {
            "snapshot-id": producer.snapshot_id,
            **({"parent-snapshot-id": before.snapshot_id} if before else {}),
            "sequence-number": sequence_number,
            "timestamp-ms": next_timestamp(self._stored.document),
            "manifest-list": self._write(name, content),
            "summary": producer._summary().model_dump(),
            "schema-id": self._stored.document["current-schema-id"],
        }
        return producer.snapshot_id

    def commit(self, properties: Mapping[str, str]) -> None:
        """Make the snapshot the table's, with properties beside those it has.

        Raises PointerConflictError when somebody has changed the table; OSError, EnvironmentFault.
        """
        changes = {
            **with_snapshot(self._stored, self._snapshot),
            "properties": {**self._stored.properties, **properties},
        }
        commit_metadata(self._lake, self._identifier, self._stored, changes, self.table.io)

    def discard(self) -> None:
        """Remove what was written, as far as that is possible."""
        remove_files(self.table.io, self._written)

    def _write(self, name: str, content: bytes) -> str:
        location = metadata_location(self._stored, name)
        self._written.append(location)
        with self.table.io.new_output(location).create() as stream:
            stream.write(content)
        return location


def _with_newest_snapshot_only(lake: Lake, identifier: Identifier, stored: StoredTable) -> Table:
    """Return the table as pyiceberg has it, without its history: that is copied again and again."""
    document = stored.document
    newest = document.get("current-snapshot-id")
    slim = {
        **document,
        "snapshots": [s for s in document.get("snapshots", ()) if s["snapshot-id"] == newest],
        "refs": {name: ref for name, ref in document.get("refs", {}).items() if name == MAIN},
        "snapshot-log": [],
        "metadata-log": [],
        "statistics": [],
        "partition-statistics": [],
    }
    metadata = TableMetadataUtil.parse_obj(slim)
    io = lake.catalog._load_file_io(metadata.properties, stored.location)
    return Table(identifier, metadata, stored.location, io, lake.catalog)
