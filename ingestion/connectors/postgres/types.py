"""What PostgreSQL's types become: upstream column -> allowed declared types, expression."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    "timestamp": (DataType("timestamp"), DataType("timestamp_ntz")),
    "bytea": (DataType("binary"),),
}
JSON = ("json", "jsonb")
_TEXT_DIFFERS = ("bool", "bytea")
# The first and the last value that every engine over Iceberg can show.
_FINITE = {
    "date": ("0001-01-01", "9999-12-31"),
    "timestamp": ("0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"),
    "timestamp_ntz": ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"),
}
_HEADER_BYTES = 4


@dataclass(frozen=True)
class UpstreamColumn:
    """One column as PostgreSQL's catalog describes it; `base` is its type below all domains.

    `element` is the type of an array's elements, where those are single values.
    """

    name: str
    display: str
    base: str
    modifier: int
    is_array: bool
    is_not_null: bool
    is_readable: bool
    element: str | None = None

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
            elements = self.of_element.fitting_types if self.of_element else ()
            return (*map(DataType.array, elements), _STRING)
        if self.base == "numeric":
            return (self.decimal, _STRING) if self.decimal else (_STRING,)
        return (*_FITTING.get(self.base, ()), _STRING)

    @property
    def of_element(self) -> UpstreamColumn | None:
        """The elements of an array as a column of their own, None where there are none."""
        if self.element is None:
            return None
        return replace(self, base=self.element, is_array=False, element=None)

    def refusal(self, declared: DataType) -> str | None:
        """Say why the column cannot be landed as `declared`, or return None when it can."""
        if any(declared.holds(fitting) for fitting in self.fitting_types):
            return None
        if declared.name == "decimal" and self._is_plain_numeric:
            return None
        if declared.element and self.of_element and not self.of_element.refusal(declared.element):
            return None
        allowed = " or ".join(map(str, self.fitting_types))
        why = self._reason(declared)
        return f"is {self.display} in PostgreSQL, declared {declared}: {why}use {allowed}"

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
        if declared.element is not None:
            return _array(name, declared.element)
        if self.is_array or (is_json and self.base not in JSON):
            return f"to_json({name})"
        if declared == _STRING and not is_token and self.base in _TEXT_DIFFERS:
            return f"{name}::text"
        if declared.name == "decimal" and self._is_plain_numeric:
            return f"trim_scale({name})"
        if infinity is not None:
            return self._finite(name, declared, infinity)
        return f"encode({name}, 'hex')" if self.base == "bytea" else name

    def _finite(self, name: str, declared: DataType, infinity: Infinity) -> str:
        if infinity is Infinity.NULL:
            return f"case when isfinite({name}) then {name} end"
        first, last = _FINITE[declared.name]
        return (
            f"case {name} when 'infinity' then {self.base} '{last}'"
            f" when '-infinity' then {self.base} '{first}' else {name} end"
        )

    def _reason(self, declared: DataType) -> str:
        if self.is_array:
            return "an array is landed as an array, or as JSON text; "
        if self._is_plain_numeric:
            return f"without a precision up to {MAXIMUM_PRECISION} only text keeps every digit; "
        if self.base == "timestamptz" and declared.name == "timestamp_ntz":
            return "without its zone a value could be any of several moments; "
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


def _array(name: str, element: DataType) -> str:
    """Return an array as JSON, whose numbers have all digits, its elements as texts where declared.

    Bounds that do not begin with 1 have no place in JSON; such a value comes as PostgreSQL's text.
    """
    elements = f"{name}::text[]" if element == _STRING else name
    is_usual = f"coalesce(array_lower({name}, 1), 1) = 1"
    return f"case when {is_usual} then to_json({elements})::text else {name}::text end"


def quoted(identifier: str) -> str:
    """Return `identifier` as PostgreSQL reads it literally."""
    return '"' + identifier.replace('"', '""') + '"'
