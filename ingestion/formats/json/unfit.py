"""Lines of JSON that cannot be landed, found field by field: lines -> which, and why.

DuckDB says of all lines at once what kind of value each declared field holds; a line is looked at
by itself only where that is not plainly a value of its column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import compress, count
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.declarations import ColumnDeclaration
from ingestion.formats.base import GIVEN_UP_ROWS
from ingestion.formats.json.texts import not_an_object
from ingestion.formats.judged import Judged
from ingestion.formats.reasons import no_value
from ingestion.values.bisect import REFUSALS
from ingestion.values.plain_forms import is_plainly, surely_none, time_refusal
from lake.types import DataType

if TYPE_CHECKING:
    import duckdb

FEW_LINES = 100  # for which DuckDB is not worth its start
NUMBER, TEXT, TRUTH, LIST, OBJECT = "number", "string", "boolean", "array", "object"
NUMBER_OR_TEXT = "number_or_string"
_SCALARS = (NUMBER, TEXT)
_DUCKDB_KINDS = {
    NUMBER: ("BIGINT", "UBIGINT", "DOUBLE"),
    NUMBER_OR_TEXT: ("BIGINT", "UBIGINT", "DOUBLE", "VARCHAR"),
    TEXT: ("VARCHAR",),
    TRUTH: ("BOOLEAN",),
    LIST: (),  # what it consists of is not looked at
    OBJECT: ("OBJECT",),
}
_NONE = pa.array([], pa.string())


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


class _Constant(_Number):
    """NaN or Infinity."""

    __slots__ = ()


_RAW = json.JSONDecoder(parse_int=_Number, parse_float=_Number, parse_constant=_Constant)


@dataclass
class JudgedLines(Judged):
    """What is known of some lines; the `unreadable` are those that hold no object, with why."""

    unreadable: dict[int, str] = field(default_factory=dict)


class JsonJudge:
    """Judges lines by what the declared fields of one table hold."""

    def __init__(self, columns: Sequence[ColumnDeclaration]) -> None:
        """Judge by the fields of `columns`; what is landed as JSON text may be anything."""
        self._columns = [column for column in columns if not column.is_json]
        self._plain_columns = [
            c for c in self._columns
            if c.data_type.name != "boolean" and is_plainly(_NONE, c.data_type.arrow()) is not None
        ]  # fmt: skip
        places = {c.origin: _wanted(c.data_type) for c in self._columns}
        for column in self._columns:
            places |= {column.origin[:n]: OBJECT for n in range(1, len(column.origin))}
        self._places = places
        self._fields = [_Field.of(column) for column in self._columns]
        self._query = _query(list(places), [column.origin for column in self._plain_columns])

    def judge(
        self,
        lines: Sequence[bytes],
        called: str,
        watch: Callable[[int, Mapping[int, str]], None],
    ) -> JudgedLines:
        """Judge lines, or what they are `called`.

        What is neither bad nor doubtful is an object that seems to be good, the doubtful are
        objects. `watch` is told now and then how many lines were judged and which are bad; it may
        raise to give up.
        """
        judged = JudgedLines()
        for position, fields in self._suspects(lines):
            line = lines[position]
            try:
                value = _RAW.decode(line.decode())
            except REFUSALS:
                value = None
            if not isinstance(value, dict) and (unreadable := not_an_object(line, called)):
                judged.unreadable[position] = judged.bad[position] = unreadable
            elif reason := _fault(value, fields):
                judged.bad[position] = reason
            else:
                judged.doubtful.add(position)
                continue
            if len(judged.bad) % GIVEN_UP_ROWS == 0:
                watch(position + 1, judged.bad)
        return judged

    def _suspects(self, lines: Sequence[bytes]) -> Iterator[tuple[int, Iterable[_Field]]]:
        """Yield the positions of lines that do not plainly hold what is declared.

        With the fields that may be why, which are all where that is not known.
        """
        shapes = self._shapes(lines) if len(lines) >= FEW_LINES else None
        if shapes is None:
            yield from ((position, self._fields) for position in range(len(lines)))
            return
        is_object = pc.equal(shapes.column("root"), "OBJECT").fill_null(fill_value=False)
        is_other = ~np.asarray(is_object)
        misfits = [np.asarray(each) | is_other for each in self._misfits(shapes)]
        suspects = np.flatnonzero(np.any([is_other, *misfits], axis=0))
        by_field = [misfit[suspects].tolist() for misfit in misfits] or [[False] * len(suspects)]
        for position, *are_misfits in zip(suspects.tolist(), *by_field, strict=True):
            yield position, compress(self._fields, are_misfits)

    def _shapes(self, lines: Sequence[bytes]) -> pa.Table | None:
        """Return what DuckDB finds in lines; None where it takes none of them."""
        import duckdb

        try:
            with _scanner().cursor() as cursor:
                cursor.register("lines", pa.table({"line": _decoded(lines)}))
                return cursor.sql(self._query).to_arrow_table().combine_chunks()
        except duckdb.Error:  # it need not know what other readers do
            return None

    def _misfits(self, shapes: pa.Table) -> Iterator[pa.BooleanArray]:
        """Yield for each field in which lines it is not plainly a value, or stands elsewhere."""
        misplaced = {}
        for i, (place, kind) in enumerate(self._places.items()):
            held = pc.list_element(shapes.column("kinds"), i)
            known = pa.array([*_DUCKDB_KINDS[kind], "NULL"], pa.string())
            misplaced[place] = pc.and_not(held.is_valid(), pc.is_in(held, known))
        plain = {column.name for column in self._plain_columns}
        texts = count()
        for column in self._columns:
            parents = [column.origin[:n] for n in range(1, len(column.origin))]
            found = misplaced[column.origin]
            for parent in parents:
                found = pc.or_(found, misplaced[parent])
            if column.name in plain:
                held = pc.list_element(shapes.column("texts"), next(texts))
                is_value: Any = is_plainly(held, column.data_type.arrow())
                found = pc.or_(found, pc.invert(is_value.fill_null(fill_value=True)))
            yield found


def _fault(value: object, fields: Iterable[_Field]) -> str | None:
    """Return why an object is surely bad, None where that is not known."""
    reasons = (field.fault_in(value) for field in fields)
    return next((reason for reason in reasons if reason is not None), None)


def _wanted(kind: DataType) -> str:
    """Return the kind of JSON value that pyarrow reads as a type."""
    if kind.element is not None:
        return LIST
    by_name = {"boolean": TRUTH, "decimal": NUMBER_OR_TEXT}
    numbers = dict.fromkeys(("int", "bigint", "float", "double"), NUMBER)
    return (by_name | numbers).get(kind.name, TEXT)


def _held(value: object) -> str:
    """Return the kind of a value."""
    match value:
        case _Number():
            return NUMBER
        case str():
            return TEXT
        case bool():
            return TRUTH
        case dict():
            return OBJECT
        case _:
            return LIST


@dataclass(frozen=True)
class _Field:
    """A field that a column is landed from: where it stands, and what pyarrow reads it as."""

    name: str
    origin: tuple[str, ...]
    kind: DataType
    wanted: str
    arrow: pa.DataType
    truncate: bool
    is_refused: Callable[[str], bool] | None
    element: _Field | None

    @classmethod
    def of(cls, column: ColumnDeclaration) -> _Field:
        """Return the field of a column."""
        return cls._at(column, column.origin, column.data_type)

    @classmethod
    def _at(cls, column: ColumnDeclaration, origin: tuple[str, ...], kind: DataType) -> _Field:
        element = cls._at(column, (*origin, "[]"), kind.element) if kind.element else None
        wanted, arrow = _wanted(kind), kind.arrow()
        is_refused = surely_none(arrow) if wanted in (NUMBER, NUMBER_OR_TEXT) else None
        return cls(column.name, origin, kind, wanted, arrow, column.truncate, is_refused, element)

    def fault_in(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return why the field of an object surely does not fit, None where that is not known."""
        for depth, part in enumerate(self.origin):
            if not isinstance(value, dict):
                return f"{'.'.join(self.origin[:depth])} changed from {OBJECT} to {_held(value)}"
            value = value.get(part)
            if value is None:
                return None
        return self._fault_of(value)

    def _fault_of(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        held = _held(value)
        if held != self.wanted and not (self.wanted == NUMBER_OR_TEXT and held in _SCALARS):
            return f"{'.'.join(self.origin)} changed from {self.wanted} to {held}"
        if self.element is not None:
            faults = (self.element._fault_of(item) for item in value if item is not None)
            return next((fault for fault in faults if fault is not None), None)
        if isinstance(value, _Constant):
            return None
        if pa.types.is_temporal(self.arrow):
            refusal = time_refusal(value, self.arrow, truncate=self.truncate)
            is_bad = refusal is not None
            if refusal:
                return f"{self.name}: {refusal}"
        else:
            is_bad = self.is_refused is not None and self.is_refused(value)
        return no_value(self.name, value, self.kind) if is_bad else None


@cache
def _scanner() -> duckdb.DuckDBPyConnection:
    import duckdb

    return duckdb.connect(config={"threads": 1})


def _query(kinds: Sequence[tuple[str, ...]], texts: Sequence[tuple[str, ...]]) -> str:
    """Return the query for what each line is, and what stands at some places in it."""
    return (
        "select case when json_valid(line) then json_type(line) end as root,"
        f" case when json_valid(line) then json_type(line, {_pointers(kinds)}) end as kinds,"
        f" case when json_valid(line) then json_extract_string(line, {_pointers(texts)}) end"
        " as texts from lines"
    )


def _pointers(origins: Sequence[tuple[str, ...]]) -> str:
    """Return places in an object as a list of SQL's, each as a JSON pointer (RFC 6901)."""
    parts = (
        "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in origin)
        for origin in origins or [("",)]
    )
    return "[" + ", ".join("'" + pointer.replace("'", "''") + "'" for pointer in parts) + "]"


def _decoded(lines: Sequence[bytes]) -> pa.StringArray:
    """Return lines as texts, null where one is no UTF-8."""
    try:
        return pa.array(lines, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([_decoded_one(line) for line in lines], pa.string())


def _decoded_one(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None
