"""Kinds of columns by Spark's names of types."""

import pytest
from dbt.adapters.spark.column import SparkColumn

from dbt_spark_repairs.column import DescribedColumn

KINDS = {
    "integer": ("tinyint", "smallint", "int", "bigint"),
    "float": ("float", "double"),
    "numeric": ("decimal(10,2)", "decimal(38,0)"),
    "string": ("string", "varchar(20)", "char(3)"),
    "": (
        "boolean",
        "date",
        "timestamp",
        "timestamp_ntz",
        "binary",
        "array<int>",
        "struct<a:string>",
    ),
}


@pytest.mark.parametrize(
    ("kind", "type_"), [(kind, type_) for kind in KINDS for type_ in KINDS[kind]]
)
def test_a_type_is_of_one_kind(kind: str, type_: str) -> None:
    column = DescribedColumn(column="a", dtype=type_)
    is_of = {other: getattr(column, f"is_{other}")() for other in KINDS if other}
    assert [other for other, is_it in is_of.items() if is_it] == ([kind] if kind else [])
    is_number = column.is_number()  # type: ignore[no-untyped-call]
    assert is_number == (kind in ("integer", "float", "numeric"))


@pytest.mark.parametrize(("kind", "type_"), [("integer", "int"), ("string", "string")])
def test_dbt_spark_knows_fewer(kind: str, type_: str) -> None:
    assert not getattr(SparkColumn(column="a", dtype=type_), f"is_{kind}")()


def test_a_text_is_never_made_longer() -> None:
    """`alter column … type character varying(256)` would fail in Spark."""
    text = DescribedColumn(column="a", dtype="string")
    assert not text.can_expand_to(DescribedColumn(column="a", dtype="varchar(300)"))
