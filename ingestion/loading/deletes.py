"""Finds rows that are gone upstream: raw table + existing keys -> last versions of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from ingestion.declarations.columns import INGESTED_AT, IS_DELETED
from ingestion.raw_tables.duckdb_join import landed_schema, open_duckdb, stream_rows
from ingestion.raw_tables.scan import read_chunks

if TYPE_CHECKING:
    from pyiceberg.table import Table

_POSITION = "_position"


@dataclass(frozen=True)
class DeletedRows:
    """The keys that are gone, with the version landed last of each, out of how many live ones.

    `count` is how many of them were live until now; the others are tombstones already.
    """

    versions: pa.Table
    count: int
    live_count: int

    @property
    def is_everything(self) -> bool:
        """Whether not one live row is left."""
        return self.count > 0 and self.count == self.live_count


def find_deleted(
    table: Table,
    key: tuple[str, ...],
    cursor: str | None,
    upstream: Iterable[pa.Table],
    *,
    with_tombstones: bool = False,
) -> DeletedRows:
    """Compare the live keys of `table` with all `upstream` keys (tables of the key columns).

    A row's last version is the greatest by (cursor, _ingested_at), without a cursor by
    _ingested_at alone; it is live unless a tombstone. `with_tombstones` gives those as well whose
    last version is a tombstone, for a load that replaces the table and must not forget them.
    Memory stays bounded whatever the size of the table: what does not fit goes to a temporary file.
    """
    order = (cursor, INGESTED_AT) if cursor else (INGESTED_AT,)
    columns = tuple(dict.fromkeys((*key, *order, IS_DELETED)))
    keys = ", ".join(f'"{name}"' for name in key)
    version = ", ".join(f'"{name}"' for name in (*order, IS_DELETED))
    which = "true" if with_tombstones else "not is_deleted"
    with open_duckdb() as connection:
        landed = (chunk(columns) for chunk in read_chunks(table))
        connection.register("landed", stream_rows(table, columns, landed))
        connection.register("upstream", stream_rows(table, key, upstream))
        connection.execute(
            f"create temp table newest as select {keys}, max(row({version})) as version"
            f" from landed group by {keys}"
        )
        connection.execute("create temp table present as select * from upstream")
        connection.execute(
            f"create temp view states as select {keys},"
            f" version[{len(order)}] as {INGESTED_AT}, version[{len(order) + 1}] as is_deleted"
            " from newest"
        )
        gone = connection.sql(
            f"select {keys}, {INGESTED_AT}, is_deleted from states"
            f" anti join present using ({keys}) where {which}"
        ).to_arrow_table()
        [[live]] = connection.sql("select count(*) from states where not is_deleted").fetchall()
    was_live = gone.column("is_deleted").to_pylist().count(False)
    return DeletedRows(gone.drop_columns(["is_deleted"]), count=was_live, live_count=live)


def read_versions(table: Table, key: tuple[str, ...], deleted: DeletedRows) -> Iterator[pa.Table]:
    """Yield whole rows of the versions named by `deleted`, chunk by chunk."""
    identity = [*key, INGESTED_AT]
    kept = landed_schema(table, identity)
    wanted = deleted.versions.select(identity).cast(kept)
    for chunk in read_chunks(table):
        rows = chunk(identity)
        rows = rows.append_column(_POSITION, pa.array(range(rows.num_rows), pa.int64()))
        found = rows.join(wanted, keys=identity, join_type="left semi")
        if found.num_rows:
            yield chunk([field.name for field in table.schema().fields]).take(
                found.column(_POSITION).sort()
            )
