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
    """The keys that have gone, with the version landed last of each, out of how many live ones."""

    versions: pa.Table
    live_count: int

    @property
    def count(self) -> int:
        """How many rows have gone."""
        return int(self.versions.num_rows)

    @property
    def is_everything(self) -> bool:
        """Whether not one live row is left."""
        return self.count > 0 and self.count == self.live_count


def find_deleted(
    table: Table, key: tuple[str, ...], cursor: str, upstream: Iterable[pa.Table]
) -> DeletedRows:
    """Compare the live keys of `table` with all `upstream` keys (tables of the key columns).

    A row's last version is the greatest by (cursor, _ingested_at); it is live unless a tombstone.
    """
    versions = table.scan(selected_fields=(*key, cursor, INGESTED_AT, IS_DELETED)).to_arrow()
    newest = _last_versions(versions, key, cursor)
    live = newest.filter(pc.invert(newest.column(IS_DELETED)))
    parts = list(upstream)
    if parts:
        present = pa.concat_tables(parts).select(list(key))
        present = present.cast(pa.schema([live.schema.field(name) for name in key]))
        gone = live.join(present, keys=list(key), join_type="left anti")
    else:
        gone = live
    return DeletedRows(gone.select([*key, cursor, INGESTED_AT]), live.num_rows)


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


def _last_versions(versions: pa.Table, key: tuple[str, ...], cursor: str) -> pa.Table:
    ordered = versions.sort_by([(cursor, "ascending"), (INGESTED_AT, "ascending")])
    kept = [cursor, INGESTED_AT, IS_DELETED]
    last = ordered.group_by(list(key), use_threads=False).aggregate([(c, "last") for c in kept])
    return last.rename_columns([name.removesuffix("_last") for name in last.column_names])
