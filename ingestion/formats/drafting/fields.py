"""What samples hold: files of one table -> fields, each with its values file by file."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.formats.base import BadFileError
from ingestion.formats.csv_options import CsvOptions

ROWS_PER_FILE = 2000
MOST_FIELDS_OF_AN_OBJECT = 60  # an object with more is a map, whose keys are values
DEEPEST_OBJECT = 6


@dataclass
class Field:
    """A field by its path: what it holds in each file, row by row, None where there is nothing.

    `arrow` is its type in Parquet.
    """

    origin: tuple[str, ...]
    values: list[list[Any]] = field(default_factory=list)
    arrow: pa.DataType | None = None

    @property
    def present(self) -> list[Any]:
        """All its values but None."""
        return [value for values in self.values for value in values if value is not None]


def csv_fields(contents: Sequence[bytes], options: CsvOptions) -> list[Field]:
    """Return the columns of samples in UTF-8, texts all of them. Raises BadFileError."""
    fields: dict[str, Field] = {}
    for number, content in enumerate(contents):
        reader = options.reader(io.StringIO(content.decode(errors="replace"), newline=""))
        try:
            rows = [row for row in itertools.islice(reader, ROWS_PER_FILE + 1) if row]
        except csv.Error as error:
            raise BadFileError("not_readable", str(error)) from None
        if not rows:
            continue
        names = [f"column_{n}" for n in range(1, len(rows[0]) + 1)]
        if options.header:
            names = [name.strip() for name in rows.pop(0)]
        for position, name in enumerate(names):
            if not name:
                continue
            column = fields.setdefault(name, Field((name,), [[] for _ in range(number)]))
            texts = (row[position] if position < len(row) else "" for row in rows)
            column.values.append([None if t in options.null_values else t for t in texts])
        for column in fields.values():
            if len(column.values) <= number:
                column.values.append([None] * len(rows))
    return list(fields.values())


def json_fields(files: Sequence[Sequence[Mapping[str, Any]]]) -> list[Field]:
    """Return the fields of objects, those of nested objects by their paths."""
    return list(_fields_below((), [list(objects) for objects in files]))


def parquet_fields(files: Sequence[pq.ParquetFile]) -> list[Field]:
    """Return the columns of Parquet files, those of the first one that they all have."""
    shared = set.intersection(*(set(file.schema_arrow.names) for file in files))
    fields = []
    for column in files[0].schema_arrow:
        if column.name not in shared:
            continue
        found = Field((column.name,), arrow=column.type)
        if not pa.types.is_nested(column.type):
            for file in files:
                batch = next(file.iter_batches(ROWS_PER_FILE, columns=[column.name]), None)
                found.values.append([] if batch is None else _values(batch.column(0)))
        fields.append(found)
    return fields


def objects_in(lines: Iterator[bytes]) -> list[dict[str, Any]]:
    """Return the objects of lines, those that are none left out; fractions stay exact."""
    found = []
    for line in itertools.islice(lines, ROWS_PER_FILE):
        try:
            value = json.loads(line, parse_float=Decimal)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def _values(column: pa.Array) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        values = column.cast(pa.string()).to_pylist()
    return values


def _fields_below(path: tuple[str, ...], files: list[list[Any]]) -> Iterator[Field]:
    """Yield what stands at a path: the fields of objects, or one field of whatever it is.

    Objects with very many fields are maps, whose keys are values.
    """
    objects = [value for values in files for value in values if isinstance(value, dict)]
    names = dict.fromkeys(name for value in objects for name in value if name)
    is_mixed = len(objects) < sum(value is not None for values in files for value in values)
    is_map = len(names) > MOST_FIELDS_OF_AN_OBJECT or len(path) >= DEEPEST_OBJECT
    if path and (not names or is_mixed or is_map):
        yield Field(path, files)
        return
    for name in names:
        below = [[v.get(name) if isinstance(v, dict) else None for v in values] for values in files]
        yield from _fields_below((*path, name), below)
