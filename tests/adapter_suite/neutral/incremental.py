"""Incremental models: strategies that Spark has."""

from typing import Any

import pytest
from dbt.tests.adapter.basic import test_incremental as basic
from dbt.tests.adapter.incremental import test_incremental_microbatch as microbatch
from dbt.tests.adapter.incremental import test_incremental_on_schema_change as on_schema_change
from dbt.tests.adapter.incremental import test_incremental_predicates as predicates
from dbt.tests.adapter.incremental import test_incremental_unique_id as unique_id
from dbt.tests.util import run_dbt

BY_DAY = "batch_size='day', partition_by=['event_day'],"


class Merge:
    """A model with a key is merged: Spark's own default is to append."""

    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {"models": {"+incremental_strategy": "merge"}}


class BaseIncrementalUniqueKey(Merge, unique_id.BaseIncrementalUniqueKey):
    """Merge."""


class BaseIncrementalOnSchemaChange(Merge, on_schema_change.BaseIncrementalOnSchemaChange):
    """Merge."""


class BaseIncrementalPredicates(predicates.BaseIncrementalPredicates):
    """Spark has no delete+insert; a predicate of MERGE names the table it is about."""

    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {
            "models": {
                "+incremental_predicates": ["DBT_INTERNAL_DEST.id != 2"],
                "+incremental_strategy": "merge",
            }
        }


class BaseMicrobatch(microbatch.BaseMicrobatch):
    """A batch overwrites its partition."""

    @pytest.fixture(scope="class")
    def microbatch_model_sql(self) -> str:
        by_day = microbatch._microbatch_model_sql.replace("batch_size='day',", BY_DAY)
        return by_day.replace("select *", "select *, cast(event_time as date) as event_day")


class BaseIncrementalBadStrategy(basic.BaseIncrementalBadStrategy):
    """The message is the adapter's."""

    def test_incremental_invalid_strategy(self, project: Any) -> None:
        assert len(run_dbt(["seed"])) == 2
        (result,) = run_dbt(["run"], expect_pass=False).results
        assert "bad_strategy" in result.message
