"""What was dropped on purpose: a trigger on the catalog's rows -> a log beside them.

Engines leave the files of a dropped table where they are. The log tells such a folder from that of
a table that a lost or older catalog does not know, whichever engine dropped it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lake.catalogs.base import CATALOG

TABLE = "firn_dropped_tables"
BEGINNING = ""  # names no file: the row that says that the log was begun
DROPPED, KEPT = "dropped", "kept"

SELECT = f"select metadata_location, logged_at, reason from {TABLE}"
KEEP = (
    f"insert into {TABLE} (metadata_location, logged_at, reason) values (?, '', '{KEPT}')"
    " on conflict (metadata_location) do update set reason = excluded.reason"
)
_MAKE_TABLE = (
    f"create table if not exists {TABLE} (metadata_location varchar(1000) primary key,"
    " logged_at varchar(40) not null, reason varchar(10) not null)"
)
_IS_LOGGED = f"old.catalog_name = '{CATALOG}' and old.metadata_location is not null"
_ADD = (
    f"insert into {TABLE} (metadata_location, logged_at, reason)"
    " values (old.metadata_location, {now}, '" + DROPPED + "')"
    " on conflict (metadata_location) do update"
    " set logged_at = excluded.logged_at, reason = excluded.reason"
)
_SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
# The time is the statement's: rows that one statement deletes have the same.
OF_SQLITE = (
    _MAKE_TABLE,
    "create trigger if not exists firn_log_drop after delete on iceberg_tables"
    f" when {_IS_LOGGED} begin {_ADD.format(now=_SQLITE_NOW)}; end",
)
OF_POSTGRES = (
    _MAKE_TABLE,
    "create or replace function firn_log_drop() returns trigger language plpgsql as"
    f" $$ begin if {_IS_LOGGED} then {_ADD.format(now='statement_timestamp()::text')}; end if;"
    " return null; end $$",
    "drop trigger if exists firn_log_drop on iceberg_tables",
    "create trigger firn_log_drop after delete on iceberg_tables"
    " for each row execute function firn_log_drop()",
)


def believed(rows: Sequence[Mapping[str, Any]]) -> frozenset[str] | None:
    """Return the metadata files that the log has, None without a log.

    Rows that were deleted together are left out: engines drop table by table, and whoever empties
    a catalog does not.
    """
    if not rows:
        return None
    together = Counter(row["logged_at"] for row in rows if row["reason"] == DROPPED)
    return frozenset(
        row["metadata_location"]
        for row in rows
        if row["reason"] == KEPT or together[row["logged_at"]] == 1
    )
