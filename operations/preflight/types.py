"""Column types as Spark writes them: Iceberg's JSON or a declaration's text -> one spelling."""

from __future__ import annotations

import re
from typing import Any

from lake.types import DataType

_OF_ICEBERG = {
    "long": "bigint",
    "timestamp": "timestamp_ntz",
    "timestamptz": "timestamp",
    "uuid": "string",
    "unknown": "void",
}
_ALIASES = {
    "bool": "boolean",
    "integer": "int",
    "tinyint": "int",
    "byte": "int",
    "smallint": "int",
    "short": "int",
    "long": "bigint",
    "real": "float",
    "numeric": "decimal",
    "dec": "decimal",
    "text": "string",
    "timestamp_ltz": "timestamp",
}
_WORD = re.compile(r"[a-z_]+(?![a-z_0-9]*:)")
_TEXT_OF_LENGTH = re.compile(r"(?:var)?char\(\d+\)")
_PLAIN_DECIMAL = re.compile(r"decimal(?!\()")


def spark_type(text: str) -> str:
    """Return a declared type as Spark writes it: `INTEGER` is int, `numeric(18, 2)` decimal(18,2).

    Iceberg has no smaller integer than int and no text of limited length.
    """
    compact = _TEXT_OF_LENGTH.sub("string", re.sub(r"\s+", "", text.lower()))
    named = _WORD.sub(lambda word: _ALIASES.get(word[0], word[0]), compact)
    return _PLAIN_DECIMAL.sub("decimal(10,0)", named)


def spark_type_of_iceberg(iceberg: Any) -> str:  # noqa: ANN401 - a text or a mapping of JSON
    """Return the type that Spark shows for a type in Iceberg's metadata."""
    if isinstance(iceberg, str):
        if iceberg.startswith("fixed["):
            return "binary"
        return _OF_ICEBERG.get(iceberg, iceberg.replace(" ", ""))
    match iceberg["type"]:
        case "list":
            return f"array<{spark_type_of_iceberg(iceberg['element'])}>"
        case "map":
            key, value = map(spark_type_of_iceberg, (iceberg["key"], iceberg["value"]))
            return f"map<{key},{value}>"
        case _:
            fields = (f"{f['name']}:{spark_type_of_iceberg(f['type'])}" for f in iceberg["fields"])
            return f"struct<{','.join(fields)}>"


def is_wider(wider: str, narrower: str) -> bool:
    """Whether Iceberg can turn a column of the `narrower` type into the `wider` one in place."""
    try:
        return DataType.parse(wider).is_promotion_of(DataType.parse(narrower))
    except ValueError:
        return False
