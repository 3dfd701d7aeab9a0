"""Contracts: names of types, and the statement that Spark makes a table by."""

import pytest
from dbt.tests.adapter.constraints import fixtures
from dbt.tests.adapter.constraints import test_constraints as base

CREATE = "create or replace table <model_identifier> using iceberg as"
SUBQUERY = "select id, color, date_day from ({query}) as model_subq"
QUERY = (
    "-- depends_on: <foreign_key_model_identifier> "
    "select 'blue' as color, 1 as id, '2019-01-01' as date_day"
)
GUARD = (
    " where if(id is null, <model_identifier> is null, which its contract forbids"
    "(not_null)'), true)"
)


class Types:
    """Spark has no json and no zones in a timestamp; arrays and decimals are written its way."""

    @pytest.fixture
    def string_type(self) -> str:
        return "string"

    @pytest.fixture
    def int_type(self) -> str:
        return "int"

    @pytest.fixture
    def data_types(self) -> list[list[str]]:
        return [
            ["1", "int", "int"],
            ["'1'", "string", "string"],
            ["true", "boolean", "boolean"],
            ["cast('2013-11-03 00:00:00' as timestamp)", "timestamp", "timestamp"],
            ["cast('2013-11-03' as date)", "date", "date"],
            ["array('a', 'b', 'c')", "array<string>", "array"],
            ["array(1, 2, 3)", "array<int>", "array"],
            ["cast('1' as decimal(10, 2))", "decimal(10,2)", "decimal"],
        ]


class BaseTableConstraintsColumnsEqual(Types, base.BaseTableConstraintsColumnsEqual):
    """Types."""


class BaseViewConstraintsColumnsEqual(Types, base.BaseViewConstraintsColumnsEqual):
    """Types."""


class BaseIncrementalConstraintsColumnsEqual(Types, base.BaseIncrementalConstraintsColumnsEqual):
    """Types."""


class Statement:
    """Spark makes a table by its query: constraints are no part of CREATE TABLE … AS."""

    @pytest.fixture(scope="class")
    def expected_sql(self, repaired: bool) -> str:
        guard = GUARD if repaired else ""
        return f"{CREATE} {SUBQUERY.format(query=QUERY)}{guard}"


class BaseConstraintsRuntimeDdlEnforcement(Statement, base.BaseConstraintsRuntimeDdlEnforcement):
    """Statement."""


class BaseIncrementalConstraintsRuntimeDdlEnforcement(
    Statement, base.BaseIncrementalConstraintsRuntimeDdlEnforcement
):
    """Statement."""


class BaseModelConstraintsRuntimeEnforcement(
    Statement, base.BaseModelConstraintsRuntimeEnforcement
):
    """Statement."""


class Message:
    """A NULL is named in the adapter's own words."""

    @pytest.fixture(scope="class")
    def expected_error_messages(self) -> list[str]:
        return ["id is null"]


class BaseConstraintsRollback(Message, base.BaseConstraintsRollback):
    """Message."""


class BaseIncrementalConstraintsRollback(Message, base.BaseIncrementalConstraintsRollback):
    """Message."""


class BaseConstraintQuotedColumn(base.BaseConstraintQuotedColumn):
    """Names are quoted by backticks, and the statement is Spark's."""

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        schema = fixtures.model_quoted_column_schema_yml
        return {
            "my_model.sql": fixtures.my_model_with_quoted_column_name_sql,
            "constraints_schema.yml": schema.replace("'\"from\"'", "from").replace(
                '"from"', "`from`"
            ),
        }

    @pytest.fixture(scope="class")
    def expected_sql(self, repaired: bool) -> str:
        guards = " and ".join(
            f"if({name} is null, <model_identifier> is null, which its contract forbids"
            "(not_null)'), true)"
            for name in ("id", "`from`")
        )
        query = "select 'blue' as `from`, 1 as id, '2019-01-01' as date_day"
        return (
            f"{CREATE} select id, `from`, date_day from"
            f"({query}) as model_subq{' where ' + guards if repaired else ''}"
        )
