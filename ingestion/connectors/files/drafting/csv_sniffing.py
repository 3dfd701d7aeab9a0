"""How CSV is written, told from a sample: bytes -> options and remarks."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ingestion.formats.csv_options import CsvOptions

NULL_TEXTS = frozenset(
    {"NA", "N/A", "#N/A", "NULL", "null", "Null", "\\N", "None", "none", "nan", "NaN", "-", "?"}
)
_LINE_END = re.compile(r"\r\n|\n|\r")
LOOKED_AT = 20  # lines, for a header
_NONE = "(empty)"
_COMMA_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+")
_POINT_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)\.\d+")
_GROUPED = {
    ",": re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+"),
    ".": re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"),
}
_NUMBER = re.compile(r"[+-]?[\d.,' \u00a0\u202f]*\d")


@dataclass
class Dialect:
    """What is to be declared of CSV, key by key where it is not the default; remarks say why."""

    options: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def csv(self) -> CsvOptions:
        """The options themselves."""
        return CsvOptions.model_validate(self.options)


def sniffed(content: bytes) -> Dialect:
    """Return how a sample of CSV is written: encoding, delimiter, quotes, header, what to skip."""
    dialect = Dialect()
    encoding = _encoding(content)
    if encoding != "utf-8":
        dialect.options["encoding"] = encoding
        if encoding == "windows-1252":
            dialect.remarks.append("is no UTF-8; that it is windows-1252 is a guess")
    text = content.decode(encoding, "replace").lstrip("\ufeff")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "sample.csv")
        file.write_bytes(text.encode())
        try:
            found = duckdb.execute(
                "select Delimiter, Quote, Escape, SkipRows, HasHeader from sniff_csv(?)",
                [str(file)],
            ).fetchone()
        except duckdb.Error:
            found = None
    if found is None:
        dialect.remarks.append("its dialect could not be told; the defaults are drafted")
        return dialect
    delimiter, quote, escape, skip, has_header = found
    given = {
        "delimiter": delimiter if delimiter != _NONE else ",",
        "quote": quote if quote != _NONE else '"',
        "escape": escape if escape not in (_NONE, quote) else None,
        "skip": skip,
        "header": has_header,
    }
    if has_header:
        given["skip"] += _titles_above_header(_LINE_END.split(text)[skip:], given["delimiter"])
    usual = CsvOptions().model_dump()
    dialect.options |= {key: value for key, value in given.items() if value != usual[key]}
    return dialect


def _titles_above_header(lines: list[str], delimiter: str) -> int:
    """Return how many lines stand above the header, as spreadsheets put them: `Sales 2024;;;`."""
    rows = [line.split(delimiter) for line in lines[:LOOKED_AT]]
    filled = [sum(bool(value.strip(' "')) for value in row) for row in rows]
    if not filled or filled[0] * 2 >= max(filled):
        return 0
    return next(n for n, count in enumerate(filled) if count * 2 >= max(filled))


def note_values(dialect: Dialect, columns: Iterable[list[str]]) -> None:
    """Add what the values of the columns tell: texts for null, separators of numbers."""
    nulls: set[str] = set()
    separators: set[tuple[str, bool]] = set()
    for values in columns:
        marks = NULL_TEXTS.intersection(values)
        others = [value for value in values if value not in marks]
        if not others:
            continue
        if marks and all(_NUMBER.fullmatch(value) or value[:4].isdigit() for value in others):
            nulls |= marks
        for decimal, pattern in ((",", _COMMA_NUMBER), (".", _POINT_NUMBER)):
            if any(map(pattern.fullmatch, others)) and all(map(_NUMBER.fullmatch, others)):
                separators.add((decimal, any(map(_GROUPED[decimal].fullmatch, others))))
    if nulls:
        dialect.options["null_values"] = ["", *sorted(nulls)]
        texts = ", ".join(sorted(nulls))
        dialect.remarks.append(f"{texts} stands for null; that is so in all of its columns")
    if {decimal for decimal, _ in separators} == {","}:
        dialect.options["decimal_separator"] = ","
        if any(is_grouped for _, is_grouped in separators):
            dialect.options["thousands_separator"] = "."
    elif {decimal for decimal, _ in separators} == {"."} and (".", True) in separators:
        dialect.options["thousands_separator"] = ","


def _encoding(content: bytes) -> str:
    """Return the encoding of a sample, which may end within a character."""
    if content.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for encoding in ("utf-8", "windows-1252"):
        for cut in range(4 if encoding == "utf-8" else 1):
            try:
                content[: len(content) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return encoding
    return "latin-1"
