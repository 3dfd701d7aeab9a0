"""Rows that were set aside: rows of quarantine -> rule, column and position, and no personal data.

Landing and the rules of silver keep them in tables of different columns; both become one form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

LANDING = ("table_name", "rule", "reason", "place", "key", "row", "_ingested_at")
SILVER = ("table_name", "rule_name", "reason", "row_key", "row_json", "_load_id", "_ingested_at")
# Where a row stood; nothing else of a place is shown.
POSITIONS = ("file", "row", "line", "topic", "partition", "offset")
_COLUMN = re.compile(r"([A-Za-z_]\w*): ")
HIDDEN = "not shown: the table has personal data"


def samples(rows: pa.Table, shown: Collection[str]) -> pa.Table:
    """Return rule, column, position and content of rows that landing or silver set aside.

    `shown` names the tables whose values may be seen; of any other the content is not shown, nor
    are key and reason, which quote values.
    """
    found = rows.to_pylist()
    is_landing = "place" in rows.column_names
    return _table(_of_landing(found, shown) if is_landing else _of_silver(found, shown))


def _of_landing(rows: Iterable[dict[str, Any]], shown: Collection[str]) -> Iterator[dict[str, Any]]:
    for row in rows:
        named = _COLUMN.match(row["reason"] or "")
        may_be_seen = row["table_name"] in shown
        yield {
            "table_name": row["table_name"],
            "rule": row["rule"],
            "column": named[1] if named else None,
            "position": _position(row["place"]) or (row["key"] if may_be_seen else None),
            "reason": row["reason"] if may_be_seen else None,
            "content": row["row"] if may_be_seen else HIDDEN,
            "_ingested_at": row["_ingested_at"],
        }


def _of_silver(rows: Iterable[dict[str, Any]], shown: Collection[str]) -> Iterator[dict[str, Any]]:
    """Yield rows that broke a rule of silver: its expression, the reason, quotes no value."""
    for row in rows:
        may_be_seen = row["table_name"] in shown
        yield {
            "table_name": row["table_name"],
            "rule": row["rule_name"],
            "column": None,
            "position": row["row_key"] if may_be_seen else f"load {row['_load_id']}",
            "reason": row["reason"],
            "content": row["row_json"] if may_be_seen else HIDDEN,
            "_ingested_at": row["_ingested_at"],
        }


def _position(place: str | None) -> str | None:
    known = json.loads(place or "{}")
    return ", ".join(f"{name} {known[name]}" for name in POSITIONS if name in known) or None


def _table(rows: Iterator[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    texts = ("table_name", "rule", "column", "position", "reason", "content")
    fields = [(name, pa.string()) for name in texts]
    schema = pa.schema([*fields, ("_ingested_at", pa.timestamp("us", "UTC"))])
    return pa.Table.from_pylist(list(rows), schema=schema)
