"""Types have one spelling, whoever writes them."""

import pytest

from operations.preflight.types import is_wider, spark_type, spark_type_of_iceberg


@pytest.mark.parametrize(
    ("declared", "spelled"),
    [
        ("BIGINT", "bigint"),
        ("integer", "int"),
        ("smallint", "int"),
        ("decimal(18, 2)", "decimal(18,2)"),
        ("numeric", "decimal(10,0)"),
        ("varchar(20)", "string"),
        ("array< integer >", "array<int>"),
        ("struct<long: long, b: decimal(4,1)>", "struct<long:bigint,b:decimal(4,1)>"),
        ("timestamp_ltz", "timestamp"),
    ],
)
def test_declared_types_are_spelled_as_spark_does(declared: str, spelled: str) -> None:
    assert spark_type(declared) == spelled


@pytest.mark.parametrize(
    ("iceberg", "spelled"),
    [
        ("long", "bigint"),
        ("timestamptz", "timestamp"),
        ("timestamp", "timestamp_ntz"),
        ("decimal(18, 2)", "decimal(18,2)"),
        ("fixed[16]", "binary"),
        ({"type": "list", "element": "long"}, "array<bigint>"),
        ({"type": "map", "key": "string", "value": "int"}, "map<string,int>"),
        (
            {"type": "struct", "fields": [{"name": "a", "type": "uuid"}]},
            "struct<a:string>",
        ),
    ],
)
def test_types_of_iceberg_are_spelled_as_spark_does(iceberg: object, spelled: str) -> None:
    assert spark_type_of_iceberg(iceberg) == spelled


@pytest.mark.parametrize(
    ("wider", "narrower", "is_so"),
    [
        ("bigint", "int", True),
        ("int", "bigint", False),
        ("double", "float", True),
        ("decimal(12,2)", "decimal(10,2)", True),
        ("decimal(12,3)", "decimal(10,2)", False),
        ("string", "int", False),
        ("array<bigint>", "array<int>", False),
    ],
)
def test_what_iceberg_widens_in_place(wider: str, narrower: str, is_so: bool) -> None:
    assert is_wider(wider, narrower) is is_so
