"""The types of declarations: how they are written, what they become, what fits which."""

from datetime import timedelta

import pyarrow as pa
import pytest
from pyiceberg.types import ListType, LongType, TimestampType

from ingestion.connectors.files.declaration import FileTable
from ingestion.connectors.files.processed_files import fingerprint
from ingestion.raw_tables.schema import RawShape
from lake.types import DataType

ALL = [*DataType.SIMPLE, "decimal(12,2)", "array<bigint>", "array<decimal(38,10)>", "array<date>"]


@pytest.mark.parametrize("text", ALL)
def test_a_type_is_written_as_it_was_read_and_found_in_iceberg(text: str) -> None:
    kind = DataType.parse(text)
    assert str(kind) == text
    assert DataType.of_iceberg(kind.iceberg()) == kind


def test_what_the_new_types_become() -> None:
    local, array = DataType.parse("timestamp_ntz"), DataType.parse("array<bigint>")
    assert (local.arrow(), local.iceberg()) == (pa.timestamp("us"), TimestampType())
    assert array.arrow() == pa.list_(pa.int64())
    assert array.iceberg(iter([7])) == ListType(7, LongType(), element_required=False)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("array<array<int>>", "the elements of an array are single values"),
        ("array<text>", "there is no type 'text'"),
        ("array<>", "there is no type ''"),
        ("array<decimal(10", "was cut at its comma"),
        ("array<decimal(40,2)>", "1 to 38 digits"),
        ("array", "there is no type 'array'"),
    ],
)
def test_other_arrays_are_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem.replace("(", r"\(")):
        DataType.parse(text)


@pytest.mark.parametrize(
    ("wider", "narrower", "holds"),
    [
        ("array<bigint>", "array<int>", True),
        ("array<int>", "array<bigint>", False),
        ("array<int>", "int", False),
        ("timestamp", "timestamp_ntz", False),
    ],
)
def test_an_array_holds_what_its_elements_hold(wider: str, narrower: str, *, holds: bool) -> None:
    assert DataType.parse(wider).holds(DataType.parse(narrower)) is holds
    assert not DataType.parse(wider).is_promotion_of(DataType.parse(narrower))


def _table(columns: dict[str, str]) -> FileTable:
    return FileTable.model_validate({
        "source": "drop",
        "name": "items",
        "load": "append",
        "key": ("id",),
        "partition_by": (),
        "new_columns": "rescue",
        "files": "items/*",
        "format": "json_lines",
        "stable_for": timedelta(),
        "columns": tuple({"name": name, "data_type": kind} for name, kind in columns.items()),
    })  # fmt: skip


def test_hashes_of_what_could_be_declared_before_stay() -> None:
    """Lakes hold them: another one would read files of quarantine again, and change tables."""
    columns = {"id": "bigint", "price": "decimal(10,2)", "at": "timestamp"}
    table = _table(columns)
    assert fingerprint(table) == "b42b32d5c93f9891"  # pragma: allowlist secret
    assert RawShape.of(table).fingerprint == "a9c0073257abd158"  # pragma: allowlist secret
    shapes = {RawShape.of(_table({**columns, "more": kind})).fingerprint for kind in ALL}
    hashes = {fingerprint(_table({**columns, "more": kind})) for kind in ALL}
    assert len(shapes) == len(hashes) == len(ALL)
