"""What samples hold: files of one table -> fields, each with its values file by file."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.connectors.files.csv_options import CsvOptions
from ingestion.connectors.files.formats.base import BadFileError

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
    import csv
    import io

    fields: dict[str, Field] = {}
    for number, content in enumerate(contents):
        reader = csv.reader(
            io.StringIO(content.decode(errors="replace"), newline=""),
            delimiter=options.delimiter,
            quotechar=options.quote or None,
            escapechar=options.escape,
            quoting=csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE,
        )
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
    names = dict.fromkeys(
        path for objects in files for value in objects for path in _paths(value, ())
    )
    whole = {path for path in names if _is_whole(path, files, names)}
    paths = [p for p in names if not any(p[:n] in whole for n in range(1, len(p)))]
    leaves = [p for p in paths if p in whole or not any(q[: len(p)] == p and q != p for q in paths)]
    return [Field(p, [[_at(value, p) for value in objects] for objects in files]) for p in leaves]


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


def _paths(value: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, below in value.items():
        if not name:
            continue
        path = (*above, name)
        yield path
        if isinstance(below, dict) and len(path) < DEEPEST_OBJECT:
            yield from _paths(below, path)


def _is_whole(
    path: tuple[str, ...],
    files: Sequence[Sequence[Mapping[str, Any]]],
    names: Mapping[tuple[str, ...], Any],
) -> bool:
    """Whether what stands at a path is no object everywhere, or one whose keys are values."""
    below = [name for name in names if name[:-1] == path]
    if not below:
        return True
    if len(below) > MOST_FIELDS_OF_AN_OBJECT:
        return True
    found = (_at(value, path) for objects in files for value in objects)
    return any(value is not None and not isinstance(value, dict) for value in found)


def _at(value: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - a value of JSON
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
