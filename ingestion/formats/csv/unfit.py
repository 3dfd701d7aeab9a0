"""Rows of CSV that cannot be landed, found column by column: rows -> which, and why.

To read rows again and again until each bad one stands alone costs milliseconds for each. Here all
are read as texts once, and a text is looked at by itself only where it is not plainly a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.declarations import ColumnDeclaration
from ingestion.formats.chunks import Positions
from ingestion.formats.csv.values import CsvValues
from ingestion.formats.judged import Judged
from ingestion.formats.reasons import no_value
from ingestion.values.bisect import REFUSALS
from ingestion.values.plain_forms import surely_none, time_refusal

MARK = "\ufffd"  # stands for bytes that are no UTF-8


def judge(values: CsvValues, lines: Sequence[bytes]) -> Judged:
    """Judge rows, of which none is empty. What is neither bad nor doubtful seems to be good."""
    decodable, undecodable = _decodable(lines)
    try:
        texts, wrong_length = values.texts(b"".join(decodable))
    except REFUSALS:
        return Judged.all_doubtful(len(lines))
    if texts.num_rows + len(wrong_length) != len(lines):  # the quotes of some row do not match
        return Judged.all_doubtful(len(lines))
    is_here = np.ones(len(lines), np.bool_)
    is_here[list(wrong_length)] = False
    places = np.flatnonzero(is_here)
    found = _Judging(values, places, undecodable, Judged(wrong_length))
    for name in texts.column_names:
        if not pa.types.is_binary(values.read_type(name)):
            found.judge_column(name, texts.column(name).combine_chunks())
    return found.judged


def _decodable(lines: Sequence[bytes]) -> tuple[Sequence[bytes], set[int]]:
    """Return rows in UTF-8, and the positions of those in which bytes that are none are marked."""
    try:
        b"".join(lines).decode()
    except UnicodeDecodeError:
        found = [line.decode(errors="replace").encode() for line in lines]
        pairs = enumerate(zip(found, lines, strict=True))
        return found, {position for position, (marked, line) in pairs if marked != line}
    return lines, set()


@dataclass(frozen=True)
class _Judging:
    """Rows whose columns are judged one after the other; `places` are their positions."""

    values: CsvValues
    places: Positions
    undecodable: set[int]
    judged: Judged

    def judge_column(self, name: str, texts: pa.StringArray) -> None:
        """Judge the rows by what they hold below a name in the file."""
        if self.undecodable:
            self._find_marks(name, texts)
        column = self.values.declared_as(name)
        if column is None or (column.data_type.name == "string" and not column.is_json):
            return
        suspects = _suspects(self.values, column, texts)
        if not len(suspects):
            return
        found = texts.take(pa.array(suspects)).dictionary_encode()
        refusal = _refusal(self.values, column, self.values.read_type(name))
        reasons = [refusal(text) for text in found.dictionary.to_pylist()]
        codes = found.indices.to_pylist()
        for position, code in zip(self.places[suspects].tolist(), codes, strict=True):
            self._judge(position, reasons[code])

    def _find_marks(self, name: str, texts: pa.StringArray) -> None:
        is_text = pa.types.is_string(self.values.read_type(name))
        reason = f"{name}: {self.values.not_decodable}" if is_text else None
        for i in np.flatnonzero(np.isin(self.places, list(self.undecodable))).tolist():
            if MARK in (texts[i].as_py() or ""):
                self._judge(int(self.places[i]), reason)

    def _judge(self, position: int, reason: str | None) -> None:
        if reason is None:
            self.judged.doubtful.add(position)
        else:
            self.judged.bad.setdefault(position, reason)


def _suspects(values: CsvValues, column: ColumnDeclaration, texts: pa.StringArray) -> Positions:
    """Return the positions of the texts that are not plainly values of their column."""
    plain = values.plain(texts, column)
    is_open = texts.is_valid()
    if plain is not None:
        is_open = pc.and_not(is_open, plain.fill_null(fill_value=False))
    return np.flatnonzero(is_open.to_numpy(zero_copy_only=False))


def _refusal(
    values: CsvValues, column: ColumnDeclaration, read_as: pa.DataType
) -> Callable[[str], str | None]:
    """Return what says of one text why it is surely no value of a column."""
    declared = column.data_type.arrow()
    if pa.types.is_temporal(declared):
        return partial(_refused_as_time, column)
    is_refused = surely_none(declared)
    if pa.types.is_string(read_as) or is_refused is None:
        return partial(_refused_by_conversion, values, column)

    def refusal(text: str) -> str | None:
        return no_value(column.name, text, column.data_type) if is_refused(text) else None

    return refusal


def _refused_as_time(column: ColumnDeclaration, text: str) -> str | None:
    refusal = time_refusal(text.strip(" \t"), column.data_type.arrow(), truncate=column.truncate)
    if refusal:
        return f"{column.name}: {refusal}"
    return None if refusal is None else no_value(column.name, text, column.data_type)


def _refused_by_conversion(values: CsvValues, column: ColumnDeclaration, text: str) -> str | None:
    try:
        values.exactly(pa.chunked_array([pa.array([text], pa.string())]), column)
    except REFUSALS as error:
        return str(error)
    return None
