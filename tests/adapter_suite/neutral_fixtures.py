"""Thin subclasses for what a test's own fixtures say in PostgreSQL's words: seeds and types."""

from collections.abc import Iterator
from typing import Any

import pytest
from dbt.tests.adapter.column_types import test_column_types
from dbt.tests.adapter.hooks import test_model_hooks, test_run_hooks
from dbt.tests.adapter.simple_copy import test_copy_uppercase
from dbt.tests.adapter.simple_seed import fixtures, test_seed, test_seed_type_override
from dbt.tests.adapter.utils import test_timestamps
from dbt.tests.adapter.utils.data_types import test_type_float, test_type_int
from dbt.tests.fixtures.project import TestProjInfo
from dbt.tests.util import get_connection

SEED_TYPE = """
seeds:
  - name: expected
    config: {column_types: {%s: %s}}
"""


class _KeepsDownstream:
    """Only PostgreSQL drops a view when the table that it reads is dropped."""

    def _check_relation_end_state(
        self,
        run_result: object,
        project: TestProjInfo,
        exists: bool,  # noqa: ARG002 - what PostgreSQL does
    ) -> None:
        super()._check_relation_end_state(run_result, project, exists=True)  # type: ignore[misc]


class BasicSeedTests(_KeepsDownstream, test_seed.BaseBasicSeedTests):
    """A full refresh leaves the view."""


class SeedConfigFullRefreshOn(_KeepsDownstream, test_seed.BaseSeedConfigFullRefreshOn):
    """A full refresh leaves the view."""


class SimpleSeedEnabledViaConfig(test_seed.BaseSimpleSeedEnabledViaConfig):
    """The schema is dropped through the adapter: Iceberg's catalogs do not cascade."""

    @pytest.fixture
    def clear_test_schema(self, project: TestProjInfo) -> Iterator[None]:
        """Drop the schema after each test."""
        yield
        with get_connection(project.adapter):
            schema = project.adapter.Relation.create(schema=project.test_schema)
            project.adapter.drop_schema(schema)


class SimpleSeedColumnOverride(test_seed_type_override.BaseSimpleSeedColumnOverride):
    """Whole numbers of a seed are bigint, texts are string."""

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        """Return the properties."""
        text = fixtures.properties__schema_yml.replace("type: integer", "type: bigint")
        return {"schema.yml": text}

    @staticmethod
    def seed_enabled_types() -> dict[str, str]:
        """Return the types that a seed's columns get."""
        return {"seed_id": "string", "birthday": "date"}

    @staticmethod
    def seed_tricky_types() -> dict[str, str]:
        """Return the types that a seed's columns get."""
        return dict.fromkeys(("seed_id_str", "looks_like_a_bool", "looks_like_a_date"), "string")


class TypeInt(test_type_int.BaseTypeInt):
    """A seed's whole numbers are bigint by default."""

    @pytest.fixture(scope="class")
    def properties(self) -> dict[str, str]:
        """Return the type of the seed's column."""
        return {"seed.yml": SEED_TYPE % ("int_col", "int")}


class TypeFloat(test_type_float.BaseTypeFloat):
    """A seed's numbers are double by default."""

    @pytest.fixture(scope="class")
    def properties(self) -> dict[str, str]:
        """Return the type of the seed's column."""
        return {"seed.yml": SEED_TYPE % ("float_col", "float")}


class PostgresColumnTypes(test_column_types.BasePostgresColumnTypes):
    """Nothing but words."""


class CurrentTimestamps(test_timestamps.BaseCurrentTimestamps):
    """Spark's names; the SQL is not compared, which the suite leaves to the adapter."""

    @pytest.fixture(scope="class")
    def expected_sql(self) -> None:
        """Return nothing."""

    @pytest.fixture(scope="class")
    def expected_schema(self) -> dict[str, str]:
        """Return the types."""
        prefix = "current_timestamp"
        names = (prefix, f"{prefix}_in_utc_backcompat", f"{prefix}_backcompat")
        return dict.fromkeys(names, "timestamp")


class SimpleCopyUppercase(test_copy_uppercase.BaseSimpleCopyUppercase):
    """The target is this stack's, not a database of PostgreSQL with an upper-case name."""

    @pytest.fixture(scope="class")
    def dbt_profile_target(self, spark_target: dict[str, Any]) -> dict[str, Any]:
        """Return the target of every other project."""
        return spark_target


def _as_postgres(row: dict[str, Any]) -> dict[str, Any]:
    assert (row["target_type"], row["target_user"]) == ("spark", "firn")
    assert row["target_dbname"] in {"", "None"}
    return {**row, "target_type": "postgres", "target_user": "root", "target_dbname": "dbt"}


class _ModelHooks:
    """The target has Spark's type and user, and no database."""

    def get_ctx_vars(self, state: str, count: int, project: TestProjInfo) -> list[dict[str, Any]]:
        rows = super().get_ctx_vars(state, count, project)  # type: ignore[misc]
        return [_as_postgres(row) for row in rows]


class PrePostModelHooks(_ModelHooks, test_model_hooks.BasePrePostModelHooks):
    """Nothing but the target."""


class PrePostModelHooksInConfig(_ModelHooks, test_model_hooks.BasePrePostModelHooksInConfig):
    """Nothing but the target."""


class PrePostModelHooksInConfigKwargs(
    _ModelHooks, test_model_hooks.BasePrePostModelHooksInConfigKwargs
):
    """Nothing but the target."""


class PrePostModelHooksInConfigWithCount(
    _ModelHooks, test_model_hooks.BasePrePostModelHooksInConfigWithCount
):
    """Nothing but the target."""


class HookRefs(_ModelHooks, test_model_hooks.BaseHookRefs):
    """Nothing but the target."""


class PrePostRunHooks(test_run_hooks.BasePrePostRunHooks):
    """The target has Spark's type and user, and no database."""

    def get_ctx_vars(self, state: str, project: TestProjInfo) -> dict[str, Any]:
        """Return what a hook wrote."""
        return _as_postgres(super().get_ctx_vars(state, project))  # type: ignore[no-untyped-call]

    def assert_used_schemas(self, project: TestProjInfo) -> None:
        """Compare the schemas, whose database has no name."""
        for table, expected in (
            ("schemas", (project.test_schema,)),
            ("db_schemas", (str(project.database), project.test_schema)),
        ):
            query = f"select * from {project.test_schema}.{table}"
            [found] = project.run_sql(query, fetch="all")  # type: ignore[no-untyped-call]
            assert tuple(found) == expected
