"""Thin subclasses for contracts: names of types, and the message about a NULL."""

import pytest
from dbt.tests.adapter.constraints import test_constraints as suite

NULL_IN_ID = ["id is null, which its contract forbids"]


class _Types:
    """Spark's types, and how it calls them in a message."""

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
            ["timestamp'2013-11-03 00:00:00-07'", "timestamp", "timestamp"],
            ["timestamp_ntz'2013-11-03 00:00:00'", "timestamp_ntz", "timestamp_ntz"],
            ["array('a', 'b', 'c')", "array<string>", "array"],
            ["array(1, 2, 3)", "array<int>", "array"],
            ["cast('1' as decimal(4, 2))", "decimal(4,2)", "decimal"],
            ["date'2013-11-03'", "date", "date"],
        ]


class TableConstraintsColumnsEqual(_Types, suite.BaseTableConstraintsColumnsEqual):
    """Nothing but types."""


class ViewConstraintsColumnsEqual(_Types, suite.BaseViewConstraintsColumnsEqual):
    """Nothing but types."""


class IncrementalConstraintsColumnsEqual(_Types, suite.BaseIncrementalConstraintsColumnsEqual):
    """Nothing but types."""


class _NoNull:
    """Iceberg's message is Firn's, there being none otherwise."""

    @pytest.fixture(scope="class")
    def expected_error_messages(self) -> list[str]:
        return NULL_IN_ID


class ConstraintsRollback(_NoNull, suite.BaseConstraintsRollback):
    """Nothing but the message."""


class IncrementalConstraintsRollback(_NoNull, suite.BaseIncrementalConstraintsRollback):
    """Nothing but the message."""
