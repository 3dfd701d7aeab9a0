"""Values of columns in SQL: a column and its Iceberg type -> its text, or its JSON.

Times are ISO 8601 to the microsecond, in UTC with a Z where they have a zone; decimals keep their
digits; bytes are base64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyiceberg.types import IcebergType, ListType, MapType, StructType

TIME = "%Y-%m-%dT%H:%M:%S.%f"


def as_text(value: str, kind: IcebergType) -> str:
    """Return the SQL of a value as text; NULL stays NULL. `value` is SQL of the type `kind`."""
    from pyiceberg import types

    match kind:
        case types.StringType():
            return value
        case types.TimestamptzType():
            return f"strftime({value} at time zone 'UTC', '{TIME}Z')"
        case types.TimestampType():
            return f"strftime({value}, '{TIME}')"
        case types.BinaryType() | types.FixedType():
            return f"base64({value})"
        case types.ListType() | types.MapType() | types.StructType():
            return f"cast({as_json(value, kind)} as varchar)"
        case _:
            return f"cast({value} as varchar)"


def as_json(value: str, kind: IcebergType, depth: int = 0) -> str:
    """Return the SQL of a value as JSON has it: decimals, times and bytes are texts.

    A float that is no number is the text NaN, Infinity or -Infinity.
    """
    from pyiceberg import types

    match kind:
        case types.ListType():
            return _list(value, kind, depth)
        case types.StructType():
            return _struct(value, kind, depth)
        case types.MapType():
            return _map(value, kind, depth)
        case types.FloatType() | types.DoubleType():
            return _float(value)
        case types.BooleanType() | types.IntegerType() | types.LongType() | types.StringType():
            return value
        case _:
            return as_text(value, kind)


def json_object(members: list[tuple[str, str]]) -> str:
    """Return the SQL of a JSON object of names and the SQL of their values."""
    return f"json_object({', '.join(f'{literal(name)}, {value}' for name, value in members)})"


def literal(text: str) -> str:
    """Return a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def _float(value: str) -> str:
    return (
        f"case when {value} is null then null when isnan({value}) then to_json('NaN')"
        f" when isinf({value}) then to_json(if({value} > 0, 'Infinity', '-Infinity'))"
        f" else to_json({value}) end"
    )


def _list(value: str, kind: ListType, depth: int) -> str:
    item = f"item_{depth}"
    made = as_json(item, kind.element_type, depth + 1)
    return f"to_json(list_transform({value}, lambda {item}: {made}))"


def _struct(value: str, kind: StructType, depth: int) -> str:
    members = []
    for field in kind.fields:
        part = f"struct_extract({value}, {literal(field.name)})"
        members.append((field.name, as_json(part, field.field_type, depth)))
    return f"case when {value} is null then null else {json_object(members)} end"


def _map(value: str, kind: MapType, depth: int) -> str:
    entry = f"entry_{depth}"
    key = as_text(f"{entry}.key", kind.key_type)
    made = as_json(f"{entry}.value", kind.value_type, depth + 1)
    entries = f"lambda {entry}: struct_pack(k := {key}, v := {made})"
    return f"to_json(map_from_entries(list_transform(map_entries({value}), {entries})))"
