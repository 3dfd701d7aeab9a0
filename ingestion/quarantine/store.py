"""Stores rows that cannot be landed: rejections -> quarantine.<source>, each of them once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING

from ingestion.connectors.batches import Rejection
from ingestion.declarations import TableDeclaration
from ingestion.raw_tables.load_metadata import LoadMetadata
from lake.lake import Identifier, Lake

if TYPE_CHECKING:
    import pyarrow as pa

NAMESPACE = "quarantine"
CHUNK_ROWS = 20_000
# What waits is stored at so many rows or bytes: each time is a scan and a commit.
MOST_WAITING_ROWS, MOST_WAITING_BYTES = 100_000, 64_000_000
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

PER_ROW = ("row_id", "rule", "reason", "row", "key", "place", "kinds")


def quarantine_of(source: str) -> Identifier:
    """Return the name of the table that keeps a source's rejected rows."""
    return NAMESPACE, source


class Quarantine:
    """The rejections of one load, stored now and then so that memory stays bounded.

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
        self._name = encode_basestring_ascii(table.name)
        self._added_place = {PLACE_OF_KEY: token_mark} if token_mark else {}
        self._within: Mapping[str, str | None] | None = None
        self._within_text = ""
        self._seen: Counter[bytes] = Counter()
        self._waiting: list[tuple[str, ...]] = []
        self._waiting_bytes = 0
        self.count = 0

    def add(self, rejections: Iterable[Rejection]) -> None:
        """Take rejections; when many wait, they are stored at once."""
        for rejection in rejections:
            self.count += 1
            row = self._row(rejection)
            self._waiting.append(row)
            self._waiting_bytes += sum(map(len, row))
            if self._waiting_bytes >= MOST_WAITING_BYTES:
                self.store()
        if len(self._waiting) >= MOST_WAITING_ROWS:
            self.store()

    def store(self) -> None:
        """Add what is waiting to the table in one commit; rows already there are left out."""
        if not self._waiting:
            return
        from lake.retry import retry_on_conflict

        retry_on_conflict(self._add_missing)
        self._waiting, self._waiting_bytes = [], 0

    def _row(self, rejection: Rejection) -> tuple[str, ...]:
        """Return what quarantine keeps of a row, in the columns of `PER_ROW`."""
        rule, reason, row, key, kinds, place, identity, within = rejection
        ordered = dict(sorted(row.items())) if len(row) > 1 else row
        known_by = [self._name, _flat(ordered, encode_basestring_ascii)]
        if identity:
            known_by.append(encode_basestring_ascii(identity))
        digest = hashlib.sha256(f"[{', '.join(known_by)}]".encode()).digest()
        self._seen[digest] += 1
        return (
            hashlib.sha256(b"%b%d" % (digest, self._seen[digest])).hexdigest(),
            rule,
            reason,
            _flat(row, encode_basestring),
            _flat(key, encode_basestring),
            self._place(place, within),
            _flat(dict(sorted(kinds.items())), encode_basestring_ascii),
        )

    def _place(self, place: Mapping[str, str | None], within: Mapping[str, str | None]) -> str:
        """Return a place as JSON; what rows after one another have in common is written once."""
        if within is not self._within:
            self._within = within
            self._within_text = _pairs({**self._added_place, **within}, encode_basestring)
        texts = (self._within_text, _pairs(place, encode_basestring))
        return "{" + ", ".join(filter(None, texts)) + "}"

    def _add_missing(self) -> None:
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        from lake.system_tables import ensure_system_table

        table = ensure_system_table(self._lake, quarantine_of(self._table.source), COLUMNS)
        ours = f"table_name = '{self._table.name}'"
        scan = table.scan(ours, selected_fields=("row_id",))
        known = set(scan.to_arrow().column("row_id").to_pylist())
        rows = [row for row in self._waiting if row[0] not in known]
        if rows:
            table.append(self._as_table(rows, schema_to_pyarrow(table.schema())))

    def _as_table(self, rows: list[tuple[str, ...]], schema: pa.Schema) -> pa.Table:
        import pyarrow as pa

        alike = {
            "table_name": self._table.name,
            "_load_id": self._load.load_id,
            "_ingested_at": self._load.ingested_at,
        }
        columns = dict(zip(PER_ROW, zip(*rows, strict=True), strict=True))
        return pa.table(
            [
                pa.array(columns[field.name], field.type)
                if field.name in columns
                else pa.repeat(pa.scalar(alike.get(field.name), field.type), len(rows))
                for field in schema
            ],
            schema,
        )


def _flat(values: Mapping[str, str | None], encode: Callable[[str], str]) -> str:
    """Return an object of texts and nulls as JSON, its texts as `encode` writes them."""
    return "{" + _pairs(values, encode) + "}" if values else "{}"


def _pairs(values: Mapping[str, str | None], encode: Callable[[str], str]) -> str:
    """Return the same without its brackets."""
    texts = [f"{encode(k)}: {'null' if v is None else encode(v)}" for k, v in values.items()]
    return ", ".join(texts)
