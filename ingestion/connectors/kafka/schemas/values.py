"""Decoded values -> JSON that the declared columns are read from, with nothing lost."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa

from ingestion.declarations import ColumnDeclaration


class BinaryFields:
    """The declared columns of bytes, which JSON has no type for: they travel as base64."""

    def __init__(self, columns: Sequence[ColumnDeclaration]) -> None:
        """Know which of the landed `columns` hold bytes, or lists of them."""
        self._columns = [c for c in columns if _is_binary(c.data_type.arrow()) and not c.is_json]

    def of(self, value: Any) -> Any:  # noqa: ANN401
        """Return a decoded value in which texts of these columns are bytes, too."""
        for column in self._columns:
            *path, name = column.origin
            here = value
            for part in path:
                here = here.get(part) if isinstance(here, dict) else None
            if isinstance(here, dict) and name in here:
                here[name] = _as_bytes(here[name])
        return value

    def decoded(self, rows: pa.Table) -> pa.Table:
        """Return parsed rows with the bytes that these columns stand for."""
        for column in self._columns:
            index = rows.column_names.index(column.name)
            values = [_from_base64(value) for value in rows.column(index).to_pylist()]
            kind = rows.schema.field(index).type
            rows = rows.set_column(index, column.name, pa.array(values, kind))
        return rows


def value_as_json(value: object) -> str:
    """Return a decoded value as JSON. Raises TypeError for what no format has."""
    return json.dumps(value, ensure_ascii=False, default=_text)


def _text(value: object) -> str:
    match value:
        case Decimal() if value.is_finite():
            return f"{value:f}"
        case bytes() | bytearray():
            return base64.b64encode(value).decode()
        case datetime() | date() | time():
            return value.isoformat()
        case UUID():
            return str(value)
    raise TypeError(f"a value of type {type(value).__name__}")


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind.value_type if pa.types.is_list(kind) else kind))


def _as_bytes(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_as_bytes(item) for item in value]
    return value.encode() if isinstance(value, str) else value


def _from_base64(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_from_base64(item) for item in value]
    return None if value is None else base64.b64decode(value, validate=True)
