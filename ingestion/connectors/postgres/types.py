"""What PostgreSQL's types become: upstream column -> allowed declared types, expression."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.declarations import Infinity
from lake.types import MAXIMUM_PRECISION, DataType

_STRING = DataType("string")
_FITTING = {
    "bool": (DataType("boolean"),),
    "int2": (DataType("int"), DataType("bigint")),
    "int4": (DataType("int"), DataType("bigint")),
    "int8": (DataType("bigint"),),
    "float4": (DataType("float"), DataType("double")),
    "float8": (DataType("double"),),
    "date": (DataType("date"),),
    "timestamptz": (DataType("timestamp"),),
    "timestamp": (DataType("timestamp"),),
    "bytea": (DataType("binary"),),
}
JSON = ("json", "jsonb")
_TEXT_DIFFERS = ("bool", "bytea")
# The first and the last value that every engine over Iceberg can show.
_FINITE = {
    "date": ("0001-01-01", "9999-12-31"),
    "timestamp": ("0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"),
}
_HEADER_BYTES = 4


@dataclass(frozen=True)
class UpstreamColumn:
    """One column as PostgreSQL's catalog describes it; `base` is its type below all domains."""

    name: str
    display: str
    base: str
    modifier: int
    is_array: bool
    is_not_null: bool
    is_readable: bool

    @property
    def best_type(self) -> DataType:
        """The declared type that keeps every value exactly; text where nothing else does."""
        return self.fitting_types[0]

    @property
    def fitting_types(self) -> tuple[DataType, ...]:
        """All declared types that keep every representable value, the best first, text the last.

        For a numeric these are examples: any wider decimal fits too.
        """
        if self.is_array:
            return (_STRING,)
        if self.base == "numeric":
            return (self.decimal, _STRING) if self.decimal else (_STRING,)
        return (*_FITTING.get(self.base, ()), _STRING)

    def refusal(self, declared: DataType) -> str | None:
        """Say why the column cannot be landed as `declared`, or return None when it can."""
        if any(declared.holds(fitting) for fitting in self.fitting_types):
            return None
        if declared.name == "decimal" and self._is_plain_numeric:
            return None
        allowed = " or ".join(map(str, self.fitting_types))
        return f"is {self.display} in PostgreSQL, declared {declared}: {self._reason}use {allowed}"

    def expression(
        self,
        declared: DataType,
        *,
        is_token: bool = False,
        infinity: Infinity | None = None,
        is_json: bool = False,
    ) -> str:
        """Return the column for a select list, so that its text can be parsed without loss.

        COPY writes true as `t`; declared a string, a value lands as PostgreSQL's own text of it. A
        token is made of what COPY writes, and of bytes in hexadecimal. A number of any size comes
        without zeros at its end. `infinity` says what is read of a time that is infinite, `is_json`
        that the JSON text of a value is wanted, whatever its type.
        """
        name = quoted(self.name)
        if self.is_array or (is_json and self.base not in JSON):
            return f"to_json({name})"
        if declared == _STRING and not is_token and self.base in _TEXT_DIFFERS:
            return f"{name}::text"
        if declared.name == "decimal" and self._is_plain_numeric:
            return f"trim_scale({name})"
        if infinity is Infinity.NULL:
            return f"case when isfinite({name}) then {name} end"
        if infinity is Infinity.MAX:
            first, last = _FINITE[declared.name]
            return (
                f"case {name} when 'infinity' then {self.base} '{last}'"
                f" when '-infinity' then {self.base} '{first}' else {name} end"
            )
        return f"encode({name}, 'hex')" if self.base == "bytea" else name

    @property
    def _reason(self) -> str:
        if self.is_array:
            return "an array is landed as JSON text; "
        if self._is_plain_numeric:
            return f"without a precision up to {MAXIMUM_PRECISION} only text keeps every digit; "
        return "not every value would fit; "

    @property
    def _is_plain_numeric(self) -> bool:
        """Whether numbers of any size may come, of which a declared decimal takes what fits."""
        return self.base == "numeric" and not self.is_array and self.decimal is None

    @property
    def decimal(self) -> DataType | None:
        """The decimal that holds a numeric(p,s) exactly, None without p and above 38 digits."""
        if self.modifier < 0:
            return None
        packed = self.modifier - _HEADER_BYTES
        precision, scale = (packed >> 16) & 0xFFFF, ((packed & 0x7FF) ^ 0x400) - 0x400
        precision = max(precision, scale) if scale >= 0 else precision - scale
        if precision > MAXIMUM_PRECISION:
            return None
        return DataType("decimal", precision, max(scale, 0))


def quoted(identifier: str) -> str:
    """Return `identifier` as PostgreSQL reads it literally."""
    return '"' + identifier.replace('"', '""') + '"'
