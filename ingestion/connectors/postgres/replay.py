"""Reads rows of quarantine as a load would read them now: their texts -> a Batch.

The texts are put into COPY's text format again, so that one parser judges all rows.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from ingestion.connectors.base import ROW_ID, Cursor
from ingestion.connectors.batches import Batch, Position, QuarantinedRow, Rejection
from ingestion.connectors.postgres.declaration import PostgresTable
from ingestion.connectors.postgres.escapes import NULL, escaped
from ingestion.connectors.postgres.parsing import TOKEN, UNDECODABLE, BlockParser
from ingestion.connectors.postgres.position import PostgresPosition
from ingestion.connectors.postgres.query import RESCUED, ReadColumn, ReadPlan
from ingestion.connectors.postgres.types import JSON, UpstreamColumn
from ingestion.connectors.postgres.upstream import UpstreamTable
from ingestion.connectors.postgres.watermark import FUTURE
from ingestion.declarations import ColumnDeclaration, NewColumns, PersonalData
from ingestion.personal_data import Tokeniser
from lake.errors import ConfigurationError
from lake.types import DataType

if TYPE_CHECKING:
    import pyarrow as pa

_TEXT = DataType("string")
_ARRAY = "_"  # begins the names of PostgreSQL's types of arrays
_USUAL_KINDS = {
    "boolean": "bool",
    "int": "int4",
    "bigint": "int8",
    "float": "float4",
    "double": "float8",
    "decimal": "numeric",
    "date": "date",
    "timestamp": "timestamptz",
    "timestamp_ntz": "timestamp",
    "binary": "bytea",
}


class PostgresReplayReader:
    """Judges quarantined rows of one table by its declaration as it is now.

    The rows it gives have the table's columns and the column `_row_id`.
    """

    def __init__(
        self,
        table: PostgresTable,
        evolved: Mapping[str, DataType],
        tokeniser: Callable[[], Tokeniser],
    ) -> None:
        """Read for `table`, whose raw table has the undeclared columns `evolved` as well.

        `tokeniser` is asked for only when a plain value has to become a token.
        """
        self._table = table
        self._evolved = evolved if table.new_columns is NewColumns.EVOLVE else {}
        self._make_tokeniser = tokeniser

    origin_columns: tuple[str, ...] = ()

    def origin(self, row: QuarantinedRow) -> tuple[str, ...]:  # noqa: ARG002 - the contract's
        """Return nothing: rows of a database are known by key and cursor."""
        return ()

    def reached(self, position: Position | None) -> Cursor | None:
        """Return the greatest cursor that loads have landed, in the cursor column's type.

        Raises ConfigurationError when it is of another type.
        """
        cursor = PostgresPosition.of(position).cursor
        if cursor is None or self._table.cursor is None:
            return None
        kind = self._table.column(self._table.cursor).data_type.name
        try:
            if kind == "date":
                return date.fromisoformat(cursor)
            if kind == "timestamp_ntz":
                return datetime.fromisoformat(cursor).replace(tzinfo=None)
            return datetime.fromisoformat(cursor) if kind == "timestamp" else int(cursor)
        except ValueError:
            raise ConfigurationError(
                f"{self._table.label} was landed up to {cursor!r}, its cursor is a {kind} now",
                f"firn ingest {self._table.label} --full-refresh",
            ) from None

    def read(self, rows: Sequence[QuarantinedRow], names: Collection[str] = ()) -> Iterator[Batch]:
        """Yield what of the rows can be landed, typed, and what cannot, with the reason.

        With `names` only these columns are read, and only what concerns them is judged. The row id
        of a rejection stands in its `row`.
        """
        groups: dict[str, list[QuarantinedRow]] = defaultdict(list)
        for row in rows:
            groups[json.dumps([row.kinds, sorted(row.values)], sort_keys=True)].append(row)
        for group in groups.values():
            yield from self._read_alike(group, names)

    def _read_alike(self, rows: list[QuarantinedRow], names: Collection[str]) -> Iterator[Batch]:
        """Read rows whose values are of the same kinds."""
        kinds, present = rows[0].kinds, rows[0].values.keys()
        columns = [c for c in self._columns(kinds, present) if not names or c.name in names]
        lost = self._lost(columns, kinds, present)
        fit = []
        for row in rows:
            gone = next((name for name in lost if row.values.get(name) is not None), None)
            if gone is None:
                fit.append(row)
                continue
            rule, reason = lost[gone]
            yield Batch(_no_rows(), (Rejection(rule, reason, {ROW_ID: row.row_id}, {}),))
        if not fit:
            return
        plan = ReadPlan(self._table, self._upstream, (*columns, _column(ROW_ID, _TEXT)), (), ())
        needs_tokens = any(column.is_token for column in columns)
        parser = BlockParser(plan, self._make_tokeniser() if needs_tokens else None, self._future)
        yield parser.parse(b"".join(self._line(row, plan) for row in fit))

    def _columns(self, kinds: Mapping[str, str], present: Collection[str]) -> Iterator[ReadColumn]:
        for declared in self._table.landed_columns:
            kind = kinds.get(declared.name) or _usual_kind(declared)
            becomes_token = declared.personal_data is PersonalData.TOKEN and kind != TOKEN
            yield _column(declared.name, declared.data_type, kind, is_token=becomes_token)
        for name in sorted((self._evolved.keys() - self._declared).intersection(present)):
            yield _column(name, self._evolved[name], kinds.get(name, "text"))
        if self._undeclared(present) or RESCUED in present:
            yield _column(RESCUED, _TEXT)

    def _lost(
        self, columns: list[ReadColumn], kinds: Mapping[str, str], present: Collection[str]
    ) -> dict[str, tuple[str, str]]:
        """Return the names whose values were not kept as they were, each with rule and reason."""
        read = {column.name for column in columns}
        if RESCUED in read:
            read.update(self._undeclared(present))
        lost = {
            column.name: (
                "kept_as_token",
                f"{column.name} was kept as a token; its value is not known any more",
            )
            for column in columns
            if self._is_lost(column, kinds)
        }
        for column in self._table.landed_columns:
            kind = kinds.get(column.name) or _usual_kind(column)
            if column.name in read and not _is_kept_as_json(column, kind):
                wanted = column.data_type if column.data_type.element else "JSON"
                lost[column.name] = (
                    "not_representable",
                    f"{column.name} was kept as {kind}, not as {wanted};"
                    " `firn ingest --full-refresh` of the table reads it again",
                )
        for name in sorted(name for name in read if kinds.get(name) == UNDECODABLE):
            lost[name] = ("not_representable", f"{name} is not UTF-8; correct it in the database")
        return lost

    def _is_lost(self, column: ReadColumn, kinds: Mapping[str, str]) -> bool:
        """Whether the column wants values of which only tokens were kept."""
        if kinds.get(column.name) != TOKEN or column.name in (RESCUED, ROW_ID):
            return False
        declared = next((c for c in self._table.columns if c.name == column.name), None)
        return declared is None or declared.personal_data is not PersonalData.TOKEN

    def _undeclared(self, present: Collection[str]) -> list[str]:
        known = self._declared | self._evolved.keys() | {RESCUED}
        return sorted(name for name in present if name not in known)

    def _line(self, row: QuarantinedRow, plan: ReadPlan) -> bytes:
        values = {**row.values, RESCUED: self._rescued(row), ROW_ID: row.row_id}
        texts = (values.get(column.name) for column in plan.columns)
        return ("\t".join(NULL if t is None else escaped(t) for t in texts) + "\n").encode()

    def _rescued(self, row: QuarantinedRow) -> str | None:
        """Return `_rescued`: what was there, and what has no column any more."""
        kept = row.values.get(RESCUED)
        names = self._undeclared(row.values)
        if not names:
            return kept
        values = json.loads(kept) if kept else {}
        return json.dumps({**values, **{name: self._shown(row, name) for name in names}})

    def _shown(self, row: QuarantinedRow, name: str) -> str | None:
        value = row.values[name]
        is_plain = row.kinds.get(name) != TOKEN
        if value is None or not self._table.has_personal_data or not is_plain:
            return value
        return self._make_tokeniser().token(value)

    @cached_property
    def _declared(self) -> frozenset[str]:
        return frozenset(column.name for column in self._table.columns)

    @cached_property
    def _upstream(self) -> UpstreamTable:
        return UpstreamTable(self._table.upstream_schema, self._table.upstream_table, (), None)

    @cached_property
    def _future(self) -> Cursor | None:
        """The cursor from which on a load would set a row aside."""
        if self._table.cursor is None:
            return None
        soon = datetime.now(UTC) + FUTURE
        kind = self._table.column(self._table.cursor).data_type.name
        return {
            "timestamp": soon,
            "timestamp_ntz": soon.replace(tzinfo=None),
            "date": soon.date() + FUTURE,
        }.get(kind)


def _column(
    name: str, data_type: DataType, kind: str = "text", *, is_token: bool = False
) -> ReadColumn:
    """Return a column whose values are texts of the PostgreSQL type `kind`, or tokens."""
    upstream = UpstreamColumn(
        name,
        kind,
        kind,
        modifier=-1,
        is_array=kind.startswith(_ARRAY),
        is_not_null=False,
        is_readable=True,
        element=kind.removeprefix(_ARRAY) if kind.startswith(_ARRAY) else None,
    )
    return ReadColumn(name, data_type, upstream, is_token)


def _is_kept_as_json(column: ColumnDeclaration, kind: str) -> bool:
    """Whether a column can be read from what was kept: arrays are always kept as JSON."""
    if kind == TOKEN or kind.startswith(_ARRAY):
        return True
    return column.data_type.element is None and (not column.is_json or kind in JSON)


def _usual_kind(column: ColumnDeclaration) -> str:
    """Return how a row kept without kinds has the values of a column."""
    if column.personal_data is PersonalData.TOKEN:
        return TOKEN
    return _USUAL_KINDS.get(column.data_type.name, "text")


def _no_rows() -> pa.Table:
    import pyarrow as pa

    return pa.table({ROW_ID: pa.array([], pa.string())})
