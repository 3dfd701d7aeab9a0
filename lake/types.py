"""The types a column may be declared with: text such as `decimal(18,2)` -> Arrow and Iceberg."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.types import PrimitiveType

MAXIMUM_PRECISION = 38
SHORT_PRECISIONS = range(10, 19)
_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s?(\d{1,2})\)")
_PROMOTIONS = {("int", "bigint"), ("float", "double")}


@dataclass(frozen=True)
class DataType:
    """One declared column type; `precision` and `scale` matter for decimals only."""

    name: str
    precision: int = 0
    scale: int = 0

    SIMPLE: ClassVar[tuple[str, ...]] = (
        "boolean",
        "int",
        "bigint",
        "float",
        "double",
        "string",
        "date",
        "timestamp",
        "binary",
    )
    ALLOWED: ClassVar[str] = ", ".join((*SIMPLE, "decimal(p,s)"))

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
        if text.startswith("decimal(") and not text.endswith(")"):
            raise ValueError(f"{text!r} was cut at its comma; within braces write 'decimal(18,2)'")
        raise ValueError(f"there is no type {text!r}; allowed: {cls.ALLOWED}")

    def __str__(self) -> str:
        """Return the type as it is written in a declaration."""
        is_decimal = self.name == "decimal"
        return f"decimal({self.precision},{self.scale})" if is_decimal else self.name

    def holds(self, other: DataType) -> bool:
        """Whether every value of `other` fits this type unchanged."""
        if self == other or (other.name, self.name) in _PROMOTIONS:
            return True
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
        """Return the Arrow type of a column: timestamps are microseconds in UTC.

        A decimal takes 64 bits where Parquet will store it in as many.
        """
        import pyarrow as pa

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
            "binary": pa.binary(),
        }
        return simple[self.name]

    def iceberg(self) -> PrimitiveType:
        """Return the Iceberg type of a column: timestamps are with time zone."""
        from pyiceberg import types

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
            "binary": types.BinaryType(),
        }
        return simple[self.name]

    @classmethod
    def of_iceberg(cls, iceberg: object) -> DataType | None:
        """Return the declared type that an Iceberg type stands for, or None for any other."""
        from pyiceberg.types import DecimalType

        if isinstance(iceberg, DecimalType):
            return cls("decimal", iceberg.precision, iceberg.scale)
        return next((t for t in map(cls, cls.SIMPLE) if t.iceberg() == iceberg), None)
