"""Finds rows that are gone upstream: raw table + existing keys -> last versions of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.raw_tables import INGESTED_AT, IS_DELETED

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
    """
    order = (cursor, INGESTED_AT) if cursor else (INGESTED_AT,)
    versions = table.scan(selected_fields=(*key, *order, IS_DELETED)).to_arrow()
    newest = _last_versions(versions, key, order)
    is_live = pc.invert(newest.column(IS_DELETED))
    candidates = newest if with_tombstones else newest.filter(is_live)
    parts = list(upstream)
    if parts:
        present = pa.concat_tables(parts).select(list(key))
        present = present.cast(pa.schema([newest.schema.field(name) for name in key]))
        candidates = candidates.join(present, keys=list(key), join_type="left anti")
    was_live = pc.invert(candidates.column(IS_DELETED))
    return DeletedRows(
        candidates.select([*key, INGESTED_AT]),
        count=pc.sum(was_live).as_py() or 0,
        live_count=pc.sum(is_live).as_py() or 0,
    )


def read_versions(table: Table, key: tuple[str, ...], deleted: DeletedRows) -> Iterator[pa.Table]:
    """Yield whole rows of the versions named by `deleted`, batch by batch."""
    wanted = deleted.versions.select([*key, INGESTED_AT])
    columns = [*key, INGESTED_AT]
    for batch in table.scan().to_arrow_batch_reader():
        rows = pa.Table.from_batches([batch])
        rows = rows.append_column(_POSITION, pa.array(range(rows.num_rows), pa.int64()))
        keys = rows.select([*columns, _POSITION])
        keys = keys.cast(
            pa.schema([*(wanted.schema.field(name) for name in columns), (_POSITION, pa.int64())])
        )
        found = keys.join(wanted, keys=columns, join_type="left semi")
        if found.num_rows:
            yield rows.take(found.column(_POSITION)).drop_columns([_POSITION])


def _last_versions(versions: pa.Table, key: tuple[str, ...], order: tuple[str, ...]) -> pa.Table:
    ordered = versions.sort_by([(column, "ascending") for column in order])
    kept = [*order, IS_DELETED]
    last = ordered.group_by(list(key), use_threads=False).aggregate([(c, "last") for c in kept])
    return last.rename_columns([name.removesuffix("_last") for name in last.column_names])
