"""Areas with a class or two each: what PostgreSQL calls, quotes or answers in another way."""

import re
from pathlib import Path
from typing import Any

import pytest
from dbt.tests.adapter.caching import test_caching as caching
from dbt.tests.adapter.dbt_clone import test_dbt_clone as clone
from dbt.tests.adapter.dbt_show import test_dbt_show as show
from dbt.tests.adapter.ephemeral import test_ephemeral as ephemeral
from dbt.tests.adapter.simple_copy import test_copy_uppercase as copy
from dbt.tests.adapter.unit_testing import test_quoted_reserved_word_column_names as reserved
from dbt.tests.adapter.unit_testing import test_types as unit_types
from dbt.tests.adapter.utils import test_current_timestamp as current_timestamp
from dbt.tests.adapter.utils import test_timestamps as timestamps
from dbt.tests.adapter.utils.data_types import test_type_float as type_float
from dbt.tests.adapter.utils.data_types import test_type_int as type_int
from dbt.tests.util import check_relations_equal, run_dbt, run_dbt_and_capture

TYPED_SEED = "seeds: [{{name: expected, config: {{column_types: {{{column}: {type}}}}}}}]"


class Cache:
    """Spark has no database above the schema."""

    def run_and_inspect_cache(self, project: Any, run_args: Any = None) -> None:
        found = []
        for _ in range(2):
            run_dbt(run_args)
            (relation,) = project.adapter.cache.relations
            assert relation.schema == project.test_schema == project.test_schema.lower()
            found.append((relation.schema.lower(), relation.identifier.lower()))
        assert found[0] == found[1]


class BaseCachingLowercaseModel(Cache, caching.BaseCachingLowercaseModel):
    """Cache."""


class BaseCachingUppercaseModel(Cache, caching.BaseCachingUppercaseModel):
    """Cache."""


class BaseCachingSelectedSchemaOnly(Cache, caching.BaseCachingSelectedSchemaOnly):
    """Cache."""


class BaseNoPopulateCache(Cache, caching.BaseNoPopulateCache):
    """Cache."""


class BaseCloneSameTargetAndState(clone.BaseCloneSameTargetAndState):
    """What would be cloned onto itself stays as it is; in PostgreSQL it is an error."""

    def test_clone_same_target_and_state(
        self, project: Any, unique_schema: str, other_schema: str
    ) -> None:
        project.create_test_schema(other_schema)
        self.run_and_save_state(project.project_root)  # type: ignore[no-untyped-call]
        arguments = ["clone", "--defer", "--state", "target"]
        _, output = run_dbt_and_capture(arguments, expect_pass=True)
        assert "The state and target directories are the same: 'target'" in output


class BaseShowDoesNotHandleDoubleLimit(show.BaseShowDoesNotHandleDoubleLimit):
    """The message is Spark's."""

    DATABASE_ERROR_MESSAGE = "PARSE_SYNTAX_ERROR"


def _compiled(name: str, schema: str) -> str:
    """Return what a model ran, without blanks, and the schema as the suite's file is called."""
    sql = Path(f"target/run/test/models/{name}.sql").read_text("utf-8")
    return re.sub(r"\s+", "", sql.replace(schema, "test_test_ephemeral"))


class BaseEphemeralMulti(ephemeral.BaseEphemeralMulti):
    """A view is replaced, not made beside and renamed, and names have two parts."""

    def test_ephemeral_multi(self, project: Any) -> None:
        run_dbt(["seed"])
        assert len(run_dbt(["run"])) == 3
        for name in ("dependent", "double_dependent", "super_dependent"):
            check_relations_equal(project.adapter, ["seed", name])
        expected = (
            "create or replace view test_test_ephemeral.double_dependent as "
            "with __dbt__cte__base as (select * from test_test_ephemeral.seed),"
            "__dbt__cte__base_copy as (select * from __dbt__cte__base)"
            "-- base_copy just pulls from base. Make sure the listed"
            "-- graph of CTEs all share the same dbt_cte__base cte"
            "select * from __dbt__cte__base where gender = 'Male' union all "
            "select * from __dbt__cte__base_copy where gender = 'Female'"
        )
        assert _compiled("double_dependent", project.test_schema).endswith(
            re.sub(r"\s+", "", expected)
        )


class BaseEphemeralNested(ephemeral.BaseEphemeralNested):
    """A view is replaced, not made beside and renamed, and names have two parts."""

    def test_ephemeral_nested(self, project: Any) -> None:
        assert len(run_dbt(["run"])) == 2
        expected = (
            "create or replace view test_test_ephemeral.root_view as "
            "with __dbt__cte__ephemeral_level_two as "
            "(select * from test_test_ephemeral.source_table),"
            "__dbt__cte__ephemeral as (select * from __dbt__cte__ephemeral_level_two)"
            "select * from __dbt__cte__ephemeral"
        )
        assert _compiled("root_view", project.test_schema).endswith(re.sub(r"\s+", "", expected))


class BaseSimpleCopyUppercase(copy.BaseSimpleCopyUppercase):
    """The target is Spark's."""

    @pytest.fixture(scope="class")
    def dbt_profile_target(self, spark_target: dict[str, Any]) -> dict[str, Any]:
        return spark_target


class BaseUnitTestQuotedReservedWordColumnNames(reserved.BaseUnitTestQuotedReservedWordColumnNames):
    """Names are quoted by backticks."""

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "my_model.sql": reserved.my_model_sql,
            "my_upstream_model.sql": "select 1 as `GROUP`",
            "unit_tests.yml": reserved.test_my_model_csv_fixtures_yml,
        }


class BaseUnitTestingTypes(unit_types.BaseUnitTestingTypes):
    """Spark has no json, and no zones in a timestamp."""

    @pytest.fixture
    def data_types(self) -> list[list[str]]:
        return [
            ["1", "1"],
            ["'1'", "1"],
            ["true", "true"],
            ["date '2020-01-02'", "2020-01-02"],
            ["timestamp '2013-11-03 00:00:00'", "2013-11-03 00:00:00"],
            ["cast('1' as decimal)", "1"],
            ["array(1, 2, 3)", "'array(1, 2, 3)'"],
            ["named_struct('a', 1)", "\"named_struct('a', 1)\""],
        ]


class BaseCurrentTimestampAware(current_timestamp.BaseCurrentTimestampNaive):
    """The suite has a class for either; Spark gives Python times without a zone."""


class BaseCurrentTimestamps(timestamps.BaseCurrentTimestamps):
    """Types, and SQL that is the adapter's own."""

    @pytest.fixture(scope="class")
    def expected_schema(self) -> dict[str, str]:
        names = ("current_timestamp", "current_timestamp_in_utc_backcompat")
        return dict.fromkeys((*names, "current_timestamp_backcompat"), "timestamp")

    @pytest.fixture(scope="class")
    def expected_sql(self) -> None:
        return None


class BaseTypeInt(type_int.BaseTypeInt):
    """A seed's whole number is a bigint unless its column says otherwise."""

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, str]:
        typed = TYPED_SEED.format(column="int_col", type="int")
        return {"expected.csv": type_int.seeds__expected_csv, "expected.yml": typed}


class BaseTypeFloat(type_float.BaseTypeFloat):
    """A seed's number is a double unless its column says otherwise."""

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, str]:
        typed = TYPED_SEED.format(column="float_col", type="float")
        return {"expected.csv": type_float.seeds__expected_csv, "expected.yml": typed}
