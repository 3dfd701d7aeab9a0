"""Hooks: what a target and an error are called."""

from typing import Any

import pytest
from dbt.tests.adapter.hooks import test_model_hooks as model
from dbt.tests.adapter.hooks import test_run_hooks as run
from dbt.tests.util import run_dbt
from dbt_common.exceptions import DbtRuntimeError

OWN = {"target_dbname": "", "target_type": "spark", "target_user": "", "target_pass": ""}
EXPECTED = {"target_dbname": "dbt", "target_type": "postgres", "target_user": "root"}


def _renamed(context: dict[str, Any]) -> dict[str, Any]:
    assert {name: context[name] for name in OWN} == OWN
    return {**context, **EXPECTED}


class ModelTarget:
    """The target is Spark's, not the suite's PostgreSQL."""

    def get_ctx_vars(self, *arguments: Any, **named: Any) -> list[dict[str, Any]]:
        return [_renamed(found) for found in super().get_ctx_vars(*arguments, **named)]  # type: ignore[misc]


class BasePrePostModelHooks(ModelTarget, model.BasePrePostModelHooks):
    """ModelTarget."""


class BaseHookRefs(ModelTarget, model.BaseHookRefs):
    """ModelTarget."""


class BasePrePostModelHooksInConfig(ModelTarget, model.BasePrePostModelHooksInConfig):
    """ModelTarget."""


class BasePrePostModelHooksInConfigWithCount(
    ModelTarget, model.BasePrePostModelHooksInConfigWithCount
):
    """ModelTarget."""


class BasePrePostModelHooksInConfigKwargs(ModelTarget, model.BasePrePostModelHooksInConfigKwargs):
    """ModelTarget."""


class BasePrePostRunHooks(run.BasePrePostRunHooks):
    """The target is Spark's, and Spark has no database above the schema."""

    def get_ctx_vars(self, *arguments: Any, **named: Any) -> dict[str, Any]:
        return _renamed(super().get_ctx_vars(*arguments, **named))  # type: ignore[no-untyped-call]

    def assert_used_schemas(self, project: Any) -> None:
        (row,) = project.run_sql(f"select * from {project.test_schema}.schemas", fetch="all")
        assert row[0] == project.test_schema
        (row,) = project.run_sql(f"select * from {project.test_schema}.db_schemas", fetch="all")
        assert (row[0], row[1]) == ("None", project.test_schema)


class BaseAfterRunHooks(run.BaseAfterRunHooks):
    """Every error of Spark is one that dbt-spark raises by the general class."""

    def test_missing_column_pre_hook(self, project: Any) -> None:
        with pytest.raises(DbtRuntimeError, match="TABLE_OR_VIEW_NOT_FOUND"):
            run_dbt(["run"], expect_pass=False)
