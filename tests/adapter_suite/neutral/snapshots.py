"""Snapshots: rows have no order of their own, and files are Iceberg tables."""

import datetime
from typing import Any

import pytest
from dbt.tests.adapter.simple_snapshot import fixtures
from dbt.tests.adapter.simple_snapshot import test_various_configs as configs
from dbt.tests.util import check_relations_equal, run_dbt

CURRENT = datetime.datetime(2099, 12, 31)
REPLACED = datetime.datetime(2016, 8, 20, 16, 44, 49)
FORMAT = "{% snapshot snapshot_actual %}\n    {{ config(file_format='iceberg') }}"


class BaseSnapshotInvalidColumnNames(configs.BaseSnapshotInvalidColumnNames):
    """The test writes the project's configuration anew, so the snapshot names its format."""

    @pytest.fixture(scope="class")
    def snapshots(self) -> dict[str, str]:
        sql = fixtures.snapshot_actual_sql
        return {"snapshot.sql": sql.replace("{% snapshot snapshot_actual %}", FORMAT)}


class BaseSnapshotDbtValidToCurrent(configs.BaseSnapshotDbtValidToCurrent):
    """Rows are found by their id, not by their position."""

    def test_valid_to_current(self, project: Any) -> None:
        project.run_sql(fixtures.create_seed_sql)
        project.run_sql(fixtures.create_snapshot_expected_sql)
        project.run_sql(fixtures.seed_insert_sql)
        project.run_sql(fixtures.populate_snapshot_expected_valid_to_current_sql)
        assert len(run_dbt(["snapshot"])) == 1
        assert self._ends(project, 1) == self._ends(project, 10) == [CURRENT]

        project.run_sql(fixtures.invalidate_sql)
        project.run_sql(fixtures.update_with_current_sql)
        assert len(run_dbt(["snapshot"])) == 1
        assert self._ends(project, 1) == [CURRENT]
        assert self._ends(project, 10) == [REPLACED, CURRENT]
        check_relations_equal(project.adapter, ["snapshot_actual", "snapshot_expected"])

    @staticmethod
    def _ends(project: Any, key: int) -> list[datetime.datetime]:
        """Return until when each version of a row holds."""
        sql = f"select test_valid_to from {{schema}}.snapshot_actual where id = {key} order by 1"
        return [row[0] for row in project.run_sql(sql, fetch="all")]
