"""Which values are too long to partition by: 255 bytes hold `column=value`, percent-encoded."""

import pyarrow as pa
import pytest

from ingestion.connectors.files.declaration import FileTable
from ingestion.declarations.model import ColumnDeclaration, PartitionField
from ingestion.values.partition_values import too_long_partitions


def _table(partition: str) -> FileTable:
    column = ColumnDeclaration.model_validate({"name": "c", "data_type": "string"})
    return FileTable.model_construct(
        columns=(column,), partition_by=(PartitionField.parse(partition),)
    )


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("x" * 253, True),
        ("x" * 254, False),
        ("/" * 84, True),  # %2F each
        ("/" * 85, False),
        ("ä" * 42, True),  # %C3%A4 each
        ("ä" * 43, False),
        (" " * 253, True),  # + each
        ("", True),
    ],
)
def test_a_value_fits_while_the_folders_name_has_255_bytes(value: str, *, fits: bool) -> None:
    values = pa.array(["ok", None, value])
    assert too_long_partitions(_table("c"), "c", values) == ([] if fits else [2])
    assert too_long_partitions(_table("c"), "c", pa.chunked_array([values])) == (
        [] if fits else [2]
    )


def test_bytes_are_spelled_in_base64() -> None:
    values = pa.array([b"\xff" * 60, b"x" * 200])
    assert too_long_partitions(_table("c"), "c", values) == [1]


@pytest.mark.parametrize("partition", ["bucket(16, c)", "other"])
def test_only_a_partition_by_the_value_itself_has_a_limit(partition: str) -> None:
    assert too_long_partitions(_table(partition), "c", pa.array(["x" * 5000])) == []
