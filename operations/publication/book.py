"""The book of publications: entries -> ops.publications, added in the transaction they speak of.

The table's properties say which entry is the last, and whether publishing is held. Each entry is
committed together with the tables it names, so the two cannot disagree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lake.errors import ConfigurationError
from lake.lake import Lake
from lake.metadata import StoredTable
from lake.metadata_commit import NextMetadata, write_metadata
from lake.system_tables import ensure_system_table

if TYPE_CHECKING:
    import pyarrow as pa

IDENTIFIER = ("ops", "publications")
COLUMNS = {
    "publication_id": "bigint",
    "published_at": "timestamp",
    "kind": "string",
    "invocation_id": "string",
    "git_commit": "string",
    "target": "string",
    "areas": "string",
    "tables": "string",
    "tests": "string",
    "sources": "string",
    "rolled_back_to": "bigint",
}
LAST = "firn.publication"
LAST_INVOCATION = "firn.publication.invocation"
LAST_ROLLBACK = "firn.publication.rollback"
HELD = "firn.publication.held"
CHOOSE = "choose one of those that are there: firn publications"


class Kind(StrEnum):
    """What brought a publication about."""

    PUBLISH = "publish"
    ROLLBACK = "rollback"


@dataclass(frozen=True)
class PublishedTable:
    """A table as a publication has it; None is a table without a snapshot."""

    snapshot_id: int | None
    rows: int


@dataclass(frozen=True)
class Publication:
    """What gold is from a moment on: every table of it, not only those that changed.

    `areas` are those that changed. `tests` counts the tests of the run by dbt's status. `sources`
    says of each raw table up to which snapshot each model has read it. Of a rollback, they and the
    invocation are those of the publication that it went back to, `rolled_back_to`.
    """

    publication_id: int
    published_at: datetime
    kind: Kind = Kind.PUBLISH
    invocation_id: str = ""
    git_commit: str = ""
    target: str = ""
    areas: tuple[str, ...] = ()
    tables: Mapping[str, PublishedTable] = field(default_factory=dict)
    tests: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rolled_back_to: int | None = None

    @property
    def content_id(self) -> int:
        """The publication whose rows readers see after this entry."""
        return self.publication_id if self.rolled_back_to is None else self.rolled_back_to

    @property
    def is_rollback(self) -> bool:
        """Whether it brought back what had been published before."""
        return self.kind is Kind.ROLLBACK

    def document(self) -> dict[str, object]:
        """Return it as a row of ops.publications."""
        tables = {
            name: {
                "snapshot_id": None if one.snapshot_id is None else str(one.snapshot_id),
                "rows": one.rows,
            }
            for name, one in sorted(self.tables.items())
        }
        return {
            "publication_id": self.publication_id,
            "published_at": self.published_at,
            "kind": self.kind,
            "invocation_id": self.invocation_id,
            "git_commit": self.git_commit,
            "target": self.target,
            "areas": json.dumps(list(self.areas)),
            "tables": json.dumps(tables),
            "tests": json.dumps(self.tests),
            "sources": json.dumps(self.sources),
            "rolled_back_to": self.rolled_back_to,
        }

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Publication:
        """Return what a row of ops.publications says."""
        tables = {
            name: PublishedTable(
                int(one["snapshot_id"]) if one["snapshot_id"] else None, one["rows"]
            )
            for name, one in json.loads(row["tables"]).items()
        }
        texts = {name: json.loads(row[name]) for name in ("areas", "tests", "sources")}
        plain = {name: row.get(name) for name in COLUMNS if name not in {"tables", *texts}}
        areas = tuple(texts.pop("areas"))
        return cls(
            **{**plain, **texts, "kind": Kind(row["kind"]), "areas": areas, "tables": tables}
        )


@dataclass(frozen=True)
class State:
    """Where the book stands: its last entry and its last rollback, 0 before the first.

    `held` says why nothing is published; "" where publishing goes on. `invocation_id` is that of
    the last entry.
    """

    publication_id: int = 0
    rollback_id: int = 0
    held: str = ""
    invocation_id: str = ""

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> State:
        """Return what the properties of ops.publications say."""
        return cls(
            int(properties.get(LAST, 0)),
            int(properties.get(LAST_ROLLBACK, 0)),
            properties.get(HELD, ""),
            properties.get(LAST_INVOCATION, ""),
        )


def read_state(lake: Lake) -> State:
    """Return where the book stands. Raises EnvironmentFault when the lake cannot be read."""
    stored = lake.stored(IDENTIFIER)
    return State.of(stored.properties if stored else {})


def read_publications(lake: Lake, count: int | None = None) -> list[Publication]:
    """Return the last entries (all without a count), the newest first.

    Raises EnvironmentFault when the lake cannot be read.
    """
    table = lake.table(IDENTIFIER)
    if table is None:
        return []
    last = read_state(lake).publication_id
    chosen = f"publication_id > {0 if count is None else last - count}"
    rows = table.scan(chosen).to_arrow().sort_by([("publication_id", "descending")]).to_pylist()
    return [Publication.of(row) for row in rows]


def snapshots_of(table: str, publications: Sequence[Publication]) -> frozenset[int]:
    """Return the snapshots that some publications have of a table."""
    found = (entry.tables[table].snapshot_id for entry in publications if table in entry.tables)
    return frozenset(snapshot for snapshot in found if snapshot is not None)


def require_publication(lake: Lake, publication_id: int) -> Publication:
    """Return one entry. Raises ConfigurationError when there is none of that id."""
    table = lake.table(IDENTIFIER)
    rows = table.scan(f"publication_id = {publication_id}").to_arrow().to_pylist() if table else []
    if not rows:
        last = read_state(lake).publication_id
        known = f"there are 1 to {last}" if last else "nothing was published yet"
        raise ConfigurationError(
            f"there is no publication {publication_id}: {known}",
            CHOOSE,
        )
    return Publication.of(rows[0])


class Book:
    """The book as it was read: what is written to it can be committed until somebody else does."""

    def __init__(self, lake: Lake) -> None:
        """Read the book, made if missing. Raises what `append_faults` names."""
        self._lake = lake
        self._table = ensure_system_table(lake, IDENTIFIER, COLUMNS)
        self.state = State.of(self._table.properties)

    def write(self, entry: Publication | None, held: str) -> NextMetadata:
        """Write an entry, or none, and whether publishing is held after it.

        It is in the book when the metadata file is committed. Raises OSError.
        """
        from lake.catalogs.ordered_commits import not_before

        transaction = self._table.transaction()
        properties = {HELD: held}
        if entry:
            transaction.append(self._rows(entry))
            properties |= {
                LAST: str(entry.publication_id),
                LAST_INVOCATION: entry.invocation_id,
                **({LAST_ROLLBACK: str(entry.publication_id)} if entry.is_rollback else {}),
            }
        transaction.set_properties(properties)
        before = self._table.metadata
        after = not_before(before, transaction.table_metadata)
        stored = StoredTable.of(self._table.metadata_location, json.loads(before.model_dump_json()))
        changes = json.loads(after.model_dump_json())
        return write_metadata(self._lake, IDENTIFIER, stored, changes, self._table.io)

    def _rows(self, entry: Publication) -> pa.Table:
        import pyarrow as pa
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        return pa.Table.from_pylist(
            [entry.document()], schema=schema_to_pyarrow(self._table.schema())
        )
