"""The names of a CSV file's columns: its first row, or what is declared -> names and types."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass

from ingestion.declarations import ColumnDeclaration
from ingestion.formats.base import MOST_COLUMNS, NOT_READABLE, BadFileError, OwnWords, too_wide
from ingestion.formats.csv_options import CsvOptions
from ingestion.formats.declaration import FormattedTable
from ingestion.formats.reasons import shown_names


@dataclass(frozen=True)
class Header:
    """The names of a file's columns in order; `unnamed` are names that Firn gave.

    `line` is what stands in the file, `declared` the landed columns by their names there, and
    `undeclared` the names that no declared column has.
    """

    names: list[str]
    unnamed: frozenset[str]
    line: str
    declared: dict[str, ColumnDeclaration]
    undeclared: list[str]


def header_of(table: FormattedTable, row: bytes | None) -> Header:
    """Return the header in the first row of a file, or of files that have none.

    Raises BadFileError when it is not as declared.
    """
    if row is None:
        names, line = [column.origin[0] for column in table.columns], ""
    else:
        names, line = _names(row, table.csv)
    named = [name.strip() or f"column {n}" for n, name in enumerate(names, 1)]
    unnamed = frozenset(own for own, name in zip(named, names, strict=True) if not name.strip())
    if len(named) > MOST_COLUMNS:
        raise BadFileError("wrong_header", OwnWords(too_wide(len(named))))
    if twice := sorted(name for name, count in Counter(named).items() if count > 1):
        raise BadFileError(
            "wrong_header", OwnWords(f"its header has twice: {shown_names(table, twice)}")
        )
    wanted = {".".join(c.origin): c for c in table.landed_columns}
    there = set(named)
    if missing := [name for name in wanted if name not in there]:
        raise BadFileError(
            "wrong_header",
            OwnWords(f"its header lacks {', '.join(missing)}; it has {shown_names(table, named)}"),
        )
    known = {".".join(c.origin) for c in table.columns}
    return Header(named, unnamed, line, wanted, [name for name in named if name not in known])


def _names(row: bytes, options: CsvOptions) -> tuple[list[str], str]:
    try:
        line = row.decode().strip()
        return next(options.reader([line])), line
    except UnicodeDecodeError:
        raise BadFileError(
            NOT_READABLE, OwnWords(f"its header is no {options.encoding.upper()}")
        ) from None
    except csv.Error as error:
        raise BadFileError("wrong_header", f"its first line is no header: {error}") from None
