"""Parses what COPY sent: blocks of its text format -> typed rows, and rows nobody can land."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ingestion.connectors.batches import Batch, Rejection
from ingestion.connectors.postgres.escapes import NULL, has_escapes, unescaped
from ingestion.connectors.postgres.query import RESCUED, ReadColumn, ReadPlan
from ingestion.connectors.postgres.values import csv_type, from_text, to_declared
from ingestion.connectors.postgres.watermark import Cursor
from ingestion.personal_data import Tokeniser
from ingestion.values.bisect import find_invalid
from ingestion.values.partition_values import (
    PARTITION_TOO_LONG,
    too_long_partitions,
    why_too_long,
)
from lake.types import DataType

SHOWN_CHARACTERS = 100
TOKEN = "token"  # noqa: S105 - a kind of value
_UNSAID = {"cursor_in_the_future": "later than now"}  # in place of a value
UNDECODABLE = "bytes that are not UTF-8"  # kept with escapes: not the value itself


@dataclass(frozen=True)
class _Finding:
    """Rows (positions in a block) that break one rule, with the reason per row."""

    rule: str
    rows: list[int]
    column: ReadColumn


class BlockParser:
    """Parses the blocks of one reading; personal data leaves it only as tokens."""

    def __init__(
        self, plan: ReadPlan, tokeniser: Tokeniser | None, future: Cursor | None = None
    ) -> None:
        """Parse the columns of `plan`; cursors from `future` on are set aside."""
        self._plan = plan
        self._tokeniser = tokeniser
        self._future = future
        self._keys = [c for c in plan.columns if c.name in plan.table.key]
        self._cursor = next((c for c in plan.columns if c.name == plan.table.cursor), None)
        self._greatest: Cursor | None = None
        self._schema = pa.schema([(c.name, c.data_type.arrow()) for c in plan.columns])
        self._kinds = {c.name: _kept_as(c) for c in plan.columns}

    def parse(self, block: bytes) -> Batch:
        """Return the rows of a block (bytes that end with a row), good ones typed."""
        findings: list[_Finding] = []
        texts = None
        try:
            parsed = self._read(block, [csv_type(c) for c in self._plan.columns])
            columns = [
                to_declared(column, _combined(parsed.column(i)))
                for i, column in enumerate(self._plan.columns)
            ]
        except pa.ArrowInvalid:
            texts = self._texts(block)
            columns, findings = self._parse_one_by_one(texts)
        findings += self._broken_rules(columns)
        protected = [self._protect(c, v) for c, v in zip(self._plan.columns, columns, strict=True)]
        rows = pa.Table.from_arrays(protected, schema=self._schema)
        batch = Batch(rows)
        if findings:
            batch = self._without(rows, findings, texts or self._texts(block))
        self._note_cursor(batch.rows)
        return batch

    @property
    def cursor(self) -> str | None:
        """The greatest cursor among the good rows so far, as text that PostgreSQL reads."""
        value = self._greatest
        if value is None:
            return None
        return str(value) if isinstance(value, int) else value.isoformat()

    def _read(self, block: bytes, types: list[pa.DataType]) -> pa.Table:
        """Read COPY's text format, in which no tab and no line end is part of a value."""
        names = [column.name for column in self._plan.columns]
        rows = pyarrow.csv.read_csv(
            pa.py_buffer(block),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, block_size=len(block) + 1, column_names=names
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter="\t", quote_char=False, escape_char=False, ignore_empty_lines=False
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict(zip(names, types, strict=True)),
                null_values=[NULL],
                strings_can_be_null=True,
                true_values=["t"],
                false_values=["f"],
                timestamp_parsers=[pyarrow.csv.ISO8601],
            ),
        )
        return unescaped(rows) if has_escapes(block) else rows

    def _texts(self, block: bytes) -> pa.Table:
        return self._read(block, [pa.binary()] * len(self._plan.columns))

    def _parse_one_by_one(self, texts: pa.Table) -> tuple[list[pa.Array], list[_Finding]]:
        """Parse column by column; values that do not fit become null and a finding."""
        columns, findings = [], []
        for index, column in enumerate(self._plan.columns):

            def convert(raw: pa.Array, column: ReadColumn = column) -> pa.Array:
                return from_text(column, raw.cast(pa.string()))

            raw = _combined(texts.column(index))
            if unfit := list(find_invalid(raw, convert)):
                findings.append(_Finding("not_representable", unfit, column))
                raw = pc.if_else(_mask(unfit, len(raw)), pa.scalar(None, raw.type), raw)
            columns.append(convert(raw))
        return columns, findings

    def _broken_rules(self, columns: list[pa.Array]) -> Iterator[_Finding]:
        by_name = dict(zip((c.name for c in self._plan.columns), columns, strict=True))
        for key in self._keys:
            if by_name[key.name].null_count:
                yield _Finding("key_is_null", _positions(by_name[key.name].is_null()), key)
        for column in self._plan.columns:
            rows = too_long_partitions(self._plan.table, column.name, by_name[column.name])
            if rows:
                yield _Finding(PARTITION_TOO_LONG, rows, column)
        if self._cursor is None:
            return
        cursor = by_name[self._cursor.name]
        if cursor.null_count:
            yield _Finding("cursor_is_null", _positions(cursor.is_null()), self._cursor)
        if self._future is not None:
            late = pc.greater_equal(cursor, pa.scalar(self._future, cursor.type))
            if pc.any(late).as_py():
                yield _Finding("cursor_in_the_future", _positions(late), self._cursor)

    def _note_cursor(self, rows: pa.Table) -> None:
        if self._cursor is None or rows.num_rows == 0:
            return
        newest = pc.max(rows.column(self._cursor.name)).as_py()
        self._greatest = newest if self._greatest is None else max(self._greatest, newest)

    def _protect(self, column: ReadColumn, values: pa.Array) -> pa.Array:
        """Replace personal data by tokens, in a table that has any also what was rescued."""
        if self._tokeniser and column.is_token:
            return self._tokeniser.tokens(values)
        if self._tokeniser and column.name == RESCUED and self._plan.rescued:
            return pa.array([self._shown(column, text) for text in values.to_pylist()], pa.string())
        return values

    def _without(self, rows: pa.Table, findings: list[_Finding], texts: pa.Table) -> Batch:
        """Split the rows with a finding off; a row counts once, for the first rule it breaks."""
        first: dict[int, _Finding] = {}
        for finding in findings:
            for row in finding.rows:
                first.setdefault(row, finding)
        bad = sorted(first)
        shown = texts.take(pa.array(bad, pa.int64())).to_pylist()
        rejections = tuple(
            self._rejection(first[position], values)
            for position, values in zip(bad, shown, strict=True)
        )
        return Batch(rows.filter(pc.invert(_mask(bad, rows.num_rows))), rejections)

    def _rejection(self, finding: _Finding, raw: dict[str, bytes | None]) -> Rejection:
        row = {
            column.name: self._shown(column, _decoded(raw[column.name]))
            for column in self._plan.columns
        }
        reason = self._reason(finding, row[finding.column.name], raw[finding.column.name])
        key = {name: row[name] for name in self._plan.table.key}
        upstream = self._plan.upstream
        place: dict[str, str | None] = {"schema": upstream.schema, "table": upstream.name}
        if self._cursor is not None:
            place[self._cursor.name] = row[self._cursor.name]
        undecodable = {name for name, value in raw.items() if not _is_decodable(value)}
        kinds = self._kinds | dict.fromkeys(undecodable, UNDECODABLE)
        return Rejection(finding.rule, reason, row, key, kinds, place)

    def _reason(self, finding: _Finding, value: str | None, raw: bytes | None) -> str:
        """Say what is wrong; in a table with personal data without any value."""
        column = finding.column
        if finding.rule == PARTITION_TOO_LONG:
            return why_too_long(column.name)
        shown = "null" if value is None else repr(value[:SHOWN_CHARACTERS])
        if value is not None and self._plan.table.has_personal_data:
            shown = _UNSAID.get(finding.rule, "a value")
        reason = f"{column.name} is {shown}"
        if finding.rule == "not_representable":
            reason += f" ({_kind(column)}), which no {column.data_type} can hold"
            if not _is_decodable(raw):
                reason += ": it is not UTF-8"
        return reason

    def _shown(self, column: ReadColumn, text: str | None) -> str | None:
        """Return a value as it may be shown: personal data as its token."""
        if text is None or self._tokeniser is None:
            return text
        if column.is_token:
            return self._tokeniser.token(text)
        if column.name != RESCUED:
            return text
        token = self._tokeniser.token
        try:
            values = json.loads(text)
        except ValueError:  # it was not UTF-8, and has escapes that JSON does not know
            return token(text)
        return json.dumps(
            {name: None if v is None else token(_as_text(v)) for name, v in values.items()}
        )


def _combined(values: pa.ChunkedArray) -> pa.Array:
    return values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()


def _mask(positions: list[int], length: int) -> pa.Array:
    chosen = set(positions)
    return pa.array([position in chosen for position in range(length)], pa.bool_())


def _positions(mask: pa.Array) -> list[int]:
    found: list[int] = pc.indices_nonzero(mask.fill_null(False)).to_pylist()
    return found


def _decoded(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "backslashreplace")


def _is_decodable(raw: bytes | None) -> bool:
    try:
        return raw is None or raw.decode("utf-8") is not None
    except UnicodeDecodeError:
        return False


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _kept_as(column: ReadColumn) -> str:
    """Say how a value of the column is kept in quarantine: as a token, or as which type's text."""
    if column.is_token:
        return TOKEN
    if column.upstream is None or (column.is_json and not column.upstream.is_array):
        return "json"
    return "_text" if column.data_type.element == DataType("string") else column.upstream.base


def _kind(column: ReadColumn) -> str:
    return column.upstream.display if column.upstream else "json"
