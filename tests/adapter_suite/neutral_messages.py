"""Thin subclasses for what a test expects in PostgreSQL's words: SQL, messages, the cache."""

import re
from pathlib import Path
from typing import Any

import pytest
from dbt.tests.adapter.caching import test_caching
from dbt.tests.adapter.dbt_show import test_dbt_show
from dbt.tests.adapter.ephemeral import test_ephemeral
from dbt.tests.adapter.incremental import (
    test_incremental_microbatch,
    test_incremental_predicates,
)
from dbt.tests.adapter.unit_testing import test_types
from dbt.tests.fixtures.project import TestProjInfo
from dbt.tests.util import check_relations_equal, run_dbt

CTES = """
create or replace view <schema>.double_dependent as
with __dbt__cte__base as (
    select * from <schema>.seed
), __dbt__cte__base_copy as (
    select * from __dbt__cte__base
)
-- base_copy just pulls from base. Make sure the listed
-- graph of CTEs all share the same dbt_cte__base cte
select * from __dbt__cte__base where gender = 'Male'
union all
select * from __dbt__cte__base_copy where gender = 'Female'
"""
NESTED = """
create or replace view <schema>.root_view as
with __dbt__cte__ephemeral_level_two as (
    select * from <schema>.source_table
), __dbt__cte__ephemeral as (
    select * from __dbt__cte__ephemeral_level_two
)
select * from __dbt__cte__ephemeral
"""


class ShowDoesNotHandleDoubleLimit(test_dbt_show.BaseShowDoesNotHandleDoubleLimit):
    """Spark's message."""

    DATABASE_ERROR_MESSAGE = "Syntax error at or near 'limit'"


class _NoDatabase:
    """A relation has no database here, which the suite's comparison cannot take."""

    def run_and_inspect_cache(
        self, project: TestProjInfo, run_args: list[str] | None = None
    ) -> None:
        seen = []
        for _ in range(2):
            run_dbt(run_args)
            [relation] = project.adapter.cache.relations
            assert relation.schema == project.test_schema == relation.schema.lower()
            seen.append((relation.schema, relation.identifier.lower()))
        assert seen[0] == seen[1]


class CachingLowercaseModel(_NoDatabase, test_caching.BaseCachingLowercaseModel):
    """Nothing but the database."""


class CachingUppercaseModel(_NoDatabase, test_caching.BaseCachingUppercaseModel):
    """Nothing but the database."""


class CachingSelectedSchemaOnly(_NoDatabase, test_caching.BaseCachingSelectedSchemaOnly):
    """Nothing but the database."""


class NoPopulateCache(_NoDatabase, test_caching.BaseNoPopulateCache):
    """Nothing but the database."""


def _compare_sql(model: str, expected: str, schema: str) -> None:
    found = Path(f"target/run/test/models/{model}.sql").read_text(encoding="utf-8")
    assert re.sub(r"\s+", "", found) == re.sub(r"\s+", "", expected.replace("<schema>", schema))


class EphemeralMulti(test_ephemeral.BaseEphemeralMulti):
    """Spark's statement of a view."""

    def test_ephemeral_multi(self, project: TestProjInfo) -> None:
        """Compare the rows and the SQL."""
        run_dbt(["seed"])
        assert len(run_dbt(["run"])) == 3
        for model in ("dependent", "double_dependent", "super_dependent"):
            check_relations_equal(project.adapter, ["seed", model])
        _compare_sql("double_dependent", CTES, project.test_schema)


class EphemeralNested(test_ephemeral.BaseEphemeralNested):
    """Spark's statement of a view."""

    def test_ephemeral_nested(self, project: TestProjInfo) -> None:
        """Compare the SQL."""
        assert len(run_dbt(["run"])) == 2
        _compare_sql("root_view", NESTED, project.test_schema)


class IncrementalPredicates(test_incremental_predicates.BaseIncrementalPredicates):
    """MERGE, there being no `delete+insert`; a matched row that the predicate leaves out is new."""

    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        """Return the same predicate for MERGE."""
        return {
            "models": {
                "+incremental_predicates": ["dbt_internal_dest.id != 2"],
                "+incremental_strategy": "merge",
            }
        }


class Microbatch(test_incremental_microbatch.BaseMicrobatch):
    """Batches replace partitions: the model has to be partitioned by its event time."""

    @pytest.fixture(scope="class")
    def microbatch_model_sql(self) -> str:
        """Return the model with its partitions."""
        given = test_incremental_microbatch._microbatch_model_sql
        return given.replace("unique_key='id'", "partition_by=['days(event_time)']")


class UnitTestingTypes(test_types.BaseUnitTestingTypes):
    """Spark's types."""

    @pytest.fixture
    def data_types(self) -> list[list[str]]:
        """Return a value's SQL and how YAML gives it."""
        return [
            ["1", "1"],
            ["'1'", "1"],
            ["true", "true"],
            ["date '2020-01-02'", "2020-01-02"],
            ["timestamp '2013-11-03 00:00:00-0'", "'2013-11-03 00:00:00-0'"],
            ["timestamp_ntz '2013-11-03 00:00:00'", "'2013-11-03 00:00:00'"],
            ["cast('1' as decimal(10, 0))", "1"],
            ["array(1, 2)", '"array(1, 2)"'],
            ["struct(1 as a)", "\"named_struct('a', 1)\""],
        ]
