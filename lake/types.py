"""The types a column may be declared with: text such as `decimal(18,2)` -> Arrow and Iceberg."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.types import IcebergType, PrimitiveType

MAXIMUM_PRECISION = 38
SHORT_PRECISIONS = range(10, 19)
_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s?(\d{1,2})\)")
_ARRAY = re.compile(r"array<(.*)>")
_PROMOTIONS = {("int", "bigint"), ("float", "double")}


@dataclass(frozen=True)
class DataType:
    """One declared column type.

    `precision` and `scale` matter for decimals only; `element` is what an array consists of.
    """

    name: str
    precision: int = 0
    scale: int = 0
    element: DataType | None = None

    SIMPLE: ClassVar[tuple[str, ...]] = (
        "boolean",
        "int",
        "bigint",
        "float",
        "double",
        "string",
        "date",
        "timestamp",
        "timestamp_ntz",
        "binary",
    )
    ALLOWED: ClassVar[str] = ", ".join((*SIMPLE, "decimal(p,s)", "array<type>"))

    @classmethod
    def parse(cls, text: str) -> DataType:
        """Return the type that `text` names. Raises ValueError saying what is allowed."""
        if text in cls.SIMPLE:
            return cls(text)
        if found := _DECIMAL.fullmatch(text):
            precision, scale = int(found[1]), int(found[2])
            if 1 <= precision <= MAXIMUM_PRECISION and scale <= precision:
                return cls("decimal", precision, scale)
            raise ValueError(f"{text!r}: a decimal has 1 to 38 digits, its scale at most as many")
        if found := _ARRAY.fullmatch(text):
            return cls.array(cls.parse(found[1]))
        is_open = text.count("(") > text.count(")")
        if text.startswith(("decimal(", "array<decimal(")) and is_open:
            raise ValueError(f"{text!r} was cut at its comma; within braces write 'decimal(18,2)'")
        raise ValueError(f"there is no type {text!r}; allowed: {cls.ALLOWED}")

    @classmethod
    def array(cls, element: DataType) -> DataType:
        """Return the type of arrays of `element`. Raises ValueError where that is an array."""
        if element.element is not None:
            raise ValueError(
                f"'array<{element}>': the elements of an array are single values; declare a string"
                " with `as: json` to land arrays of arrays as JSON"
            )
        return cls("array", element=element)

    def __repr__(self) -> str:
        """Return the type in a form that hashes of stored tables rest on."""
        kind = f"DataType(name={self.name!r}, precision={self.precision}, scale={self.scale}"
        return f"{kind}, element={self.element!r})" if self.element else f"{kind})"

    def __str__(self) -> str:
        """Return the type as it is written in a declaration."""
        if self.element is not None:
            return f"array<{self.element}>"
        is_decimal = self.name == "decimal"
        return f"decimal({self.precision},{self.scale})" if is_decimal else self.name

    def holds(self, other: DataType) -> bool:
        """Whether every value of `other` fits this type unchanged."""
        if self == other or (other.name, self.name) in _PROMOTIONS:
            return True
        if self.element is not None and other.element is not None:
            return self.element.holds(other.element)
        return (
            self.name == other.name == "decimal"
            and self.scale >= other.scale
            and self.precision - self.scale >= other.precision - other.scale
        )

    def is_promotion_of(self, other: DataType) -> bool:
        """Whether Iceberg can turn a column of type `other` into this one in place."""
        if (other.name, self.name) in _PROMOTIONS:
            return True
        return (
            self.name == other.name == "decimal"
            and self.scale == other.scale
            and self.precision > other.precision
        )

    def arrow(self) -> pa.DataType:
        """Return the Arrow type of a column: times are microseconds, timestamps in UTC.

        A decimal takes 64 bits where Parquet will store it in as many.
        """
        import pyarrow as pa

        if self.element is not None:
            return pa.list_(pa.field("element", self.element.arrow()))
        if self.name == "decimal":
            is_short = self.precision in SHORT_PRECISIONS
            return (pa.decimal64 if is_short else pa.decimal128)(self.precision, self.scale)
        simple: dict[str, pa.DataType] = {
            "boolean": pa.bool_(),
            "int": pa.int32(),
            "bigint": pa.int64(),
            "float": pa.float32(),
            "double": pa.float64(),
            "string": pa.string(),
            "date": pa.date32(),
            "timestamp": pa.timestamp("us", tz="UTC"),
            "timestamp_ntz": pa.timestamp("us"),
            "binary": pa.binary(),
        }
        return simple[self.name]

    def iceberg(self, ids: Iterator[int] | None = None) -> IcebergType:
        """Return the Iceberg type of a column: timestamps are with time zone.

        Elements of arrays may be null; the next of `ids` is the id of theirs.
        """
        from pyiceberg import types

        if self.element is not None:
            return types.ListType(next(ids or count(1)), self.element.iceberg(), False)
        if self.name == "decimal":
            return types.DecimalType(self.precision, self.scale)
        simple: dict[str, PrimitiveType] = {
            "boolean": types.BooleanType(),
            "int": types.IntegerType(),
            "bigint": types.LongType(),
            "float": types.FloatType(),
            "double": types.DoubleType(),
            "string": types.StringType(),
            "date": types.DateType(),
            "timestamp": types.TimestamptzType(),
            "timestamp_ntz": types.TimestampType(),
            "binary": types.BinaryType(),
        }
        return simple[self.name]

    @classmethod
    def of_iceberg(cls, iceberg: object) -> DataType | None:
        """Return the declared type that an Iceberg type stands for, or None for any other."""
        from pyiceberg.types import DecimalType, ListType

        if isinstance(iceberg, ListType):
            element = cls.of_iceberg(iceberg.element_type)
            return cls.array(element) if element and element.element is None else None
        if isinstance(iceberg, DecimalType):
            return cls("decimal", iceberg.precision, iceberg.scale)
        return next((t for t in map(cls, cls.SIMPLE) if t.iceberg() == iceberg), None)
