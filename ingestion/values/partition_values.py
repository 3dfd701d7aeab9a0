"""Values that no folder can be named after: rows -> those that a partition cannot be made of."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.declarations import TableDeclaration

PARTITION_TOO_LONG = "partition_too_long"
# File systems allow 255 bytes in a name. Iceberg and Spark name a partition's folder
# `column=value`, in which a byte that is no letter or digit takes three.
LONGEST_NAME = 255
BYTES_PER_BYTE = 3


def too_long_partitions(table: TableDeclaration, name: str, values: pa.Array) -> list[int]:
    """Return the positions of values of the column `name` that are too long to partition by.

    Nothing is too long in a column that the table is not partitioned by as it is.
    """
    kind = values.type
    is_text = pa.types.is_string(kind) or pa.types.is_binary(kind)
    if not is_text or not any(
        part.column == name and part.transform == "identity" for part in table.partition_by
    ):
        return []
    room = LONGEST_NAME - len(f"{name}=")
    lengths = pc.binary_length(values).fill_null(0)
    suspects = np.flatnonzero(np.asarray(lengths) * BYTES_PER_BYTE > room)
    return [int(i) for i in suspects if len(quote_plus(_text(values[int(i)].as_py()))) > room]


def why_too_long(name: str) -> str:
    """Say why a row with such a value in the column `name` cannot be landed."""
    return (
        f"{name} is too long to name a partition's folder, which has {LONGEST_NAME} bytes;"
        f" partition by bucket(16, {name}) instead"
    )


def _text(value: str | bytes) -> str:
    """Return a value as Iceberg spells it in a path: bytes in base64."""
    if isinstance(value, str):
        return value
    return base64.b64encode(value).decode()
