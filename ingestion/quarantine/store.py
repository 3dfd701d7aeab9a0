"""Stores rows that cannot be landed: rejections -> quarantine.<source>, each of them once."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ingestion.connectors.batches import Rejection
from ingestion.declarations import TableDeclaration
from ingestion.raw_tables.load_metadata import LoadMetadata
from lake.lake import Identifier, Lake

NAMESPACE = "quarantine"
CHUNK_ROWS = 20_000
PLACE_OF_KEY = "token_key"  # in the place of a row: the mark of the key of its tokens
COLUMNS = {
    "row_id": "string",
    "table_name": "string",
    "rule": "string",
    "reason": "string",
    "row": "string",
    "key": "string",
    "_load_id": "string",
    "_ingested_at": "timestamp",
    "place": "string",
    "kinds": "string",
    "resolution": "string",
    "resolved_at": "timestamp",
    "resolved_by_load_id": "string",
}

# Made once: json.dumps makes an encoder for each row, which costs as much as the row. Of a text
# alone they make none.
_ASCII = json.JSONEncoder(sort_keys=True).encode
_READABLE = json.JSONEncoder(ensure_ascii=False).encode


def quarantine_of(source: str) -> Identifier:
    """Return the name of the table that keeps a source's rejected rows."""
    return NAMESPACE, source


class Quarantine:
    """The rejections of one load, stored in chunks so that memory stays bounded.

    A row is known by a hash of its table and values; rows equal in all of these are numbered. So a
    load that is run again stores nothing twice, whatever rule the row breaks by then.
    """

    def __init__(
        self, lake: Lake, table: TableDeclaration, load: LoadMetadata, token_mark: str = ""
    ) -> None:
        """Store rejections of `table` under the load that `load` names.

        `token_mark` is that of the key that tokens in them are made with, if there can be any.
        """
        self._lake = lake
        self._table = table
        self._load = load
        self._added_place = {PLACE_OF_KEY: token_mark} if token_mark else {}
        self._seen: Counter[bytes] = Counter()
        self._waiting: list[dict[str, Any]] = []
        self.count = 0

    def add(self, rejections: Iterable[Rejection]) -> None:
        """Take rejections; a full chunk is stored at once."""
        for rejection in rejections:
            self.count += 1
            self._waiting.append(self._row(rejection))
        if len(self._waiting) >= CHUNK_ROWS:
            self.store()

    def store(self) -> None:
        """Add what is waiting to the table in one commit; rows already there are left out."""
        if not self._waiting:
            return
        from lake.retry import retry_on_conflict

        retry_on_conflict(self._add_missing)
        self._waiting = []

    def _row(self, rejection: Rejection) -> dict[str, Any]:
        known_by = [rejection.identity] if rejection.identity else []
        row = _flat(dict(sorted(rejection.row.items())), _ASCII)
        content = f"[{', '.join([_ASCII(self._table.name), row, *map(_ASCII, known_by)])}]"
        digest = hashlib.sha256(content.encode()).digest()
        self._seen[digest] += 1
        return {
            "row_id": hashlib.sha256(digest + str(self._seen[digest]).encode()).hexdigest(),
            "table_name": self._table.name,
            "rule": rejection.rule,
            "reason": rejection.reason,
            "row": _flat(rejection.row, _READABLE),
            "key": _flat(rejection.key, _READABLE),
            "_load_id": self._load.load_id,
            "_ingested_at": self._load.ingested_at,
            "place": _flat({**rejection.place, **self._added_place}, _READABLE),
            "kinds": _flat(dict(sorted(rejection.kinds.items())), _ASCII),
        }

    def _add_missing(self) -> None:
        import pyarrow as pa
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        from lake.system_tables import ensure_system_table

        table = ensure_system_table(self._lake, quarantine_of(self._table.source), COLUMNS)
        ours = f"table_name = '{self._table.name}'"
        scan = table.scan(ours, selected_fields=("row_id",))
        known = set(scan.to_arrow().column("row_id").to_pylist())
        rows = [row for row in self._waiting if row["row_id"] not in known]
        if rows:
            table.append(pa.Table.from_pylist(rows, schema=schema_to_pyarrow(table.schema())))


def _flat(values: Mapping[str, Any], encode: Callable[[object], str]) -> str:
    """Return an object of texts and nulls as `encode` would write it."""
    return "{" + ", ".join([f"{encode(k)}: {encode(v)}" for k, v in values.items()]) + "}"
