"""One SQL engine, three ways in: the same statements on real servers give the same rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from lake.lake import Lake
from lake.settings import Settings
from operations.runtime.spark import Spark
from operations.runtime.sql_engine import Row, StatementError
from tests.integration.adapter.spark_server import CONNECT, THRIFT, spark_server

pytestmark = pytest.mark.spark

ROOT = Path(__file__).parents[3]
IN_PROCESS = "in process"
STATEMENTS = (
    "create namespace if not exists gold",
    "create or replace table gold.days using iceberg as select 1 as id, cast(1.5 as decimal(18,2))"
    " as amount, date'2025-07-01' as day, timestamp'2025-07-01 10:00:00' as at, 'ä' as name",
    "insert into gold.days select 2, null, null, null, null",
)
QUERY = "select * from gold.days order by id"
ROWS = [
    {"id": 1, "amount": "1.50", "day": "2025-07-01", "at": "2025-07-01 10:00:00", "name": "ä"},
    {"id": 2, "amount": None, "day": None, "at": None, "name": None},
]


class Targets:
    """A project whose profile has a target for each way, and the lake that all of them open."""

    def __init__(self, folder: Path) -> None:
        """Take over the lake's and Spark's settings of Firn's own profile."""
        self.settings = Settings(project_dir=folder / "project", home=folder / "home")
        (folder / "home" / "lake").mkdir(parents=True)
        (folder / "project" / "profiles").mkdir(parents=True)
        (folder / "project" / "dbt_project.yml").write_text("name: firn")
        self.lake = Lake(Settings(project_dir=ROOT, home=folder / "home"))
        self.parameters = self.lake.spark_parameters
        self.lake.catalog.create_namespace_if_not_exists("default")  # PyHive goes there first

    @contextmanager
    def spark(self, way: str) -> Iterator[Spark]:
        """Give a Spark that is reached in this way, its server started and stopped for it."""
        if way == IN_PROCESS:
            with Spark(self._target(method="session", parameters=self.parameters)) as spark:
                yield spark
            return
        with spark_server(way, self.parameters, self.settings) as port:
            remote = {"spark.remote": f"sc://127.0.0.1:{port}"}
            settings = (
                self._target(method="session", parameters=remote)
                if way == CONNECT
                else self._target(method="thrift", parameters={}, port=port)
            )
            with Spark(settings) as spark:
                yield spark

    def _target(self, *, method: str, parameters: dict[str, str], port: int = 0) -> Settings:
        own: dict[str, Any] = {"type": "spark", "method": method, "schema": "silver"}
        own |= {"host": "127.0.0.1", "port": port, "user": "dbt"} if port else {"host": "NA"}
        outputs = {"other": {}, "chosen": {**own, "server_side_parameters": parameters}}
        profile = {"firn": {"target": "other", "outputs": outputs}}
        file = self.settings.project_dir / "profiles" / "profiles.yml"
        file.write_text(yaml.safe_dump(profile), encoding="utf-8")
        return self.settings.model_copy(update={"target": "chosen"})


@pytest.fixture
def targets(tmp_path: Path, shared_classes: None) -> Targets:
    """Return the project, and a lake with nothing in it."""
    return Targets(tmp_path)


@pytest.mark.parametrize("way", [IN_PROCESS, CONNECT, THRIFT])
def test_statements_rows_procedures_and_errors_are_the_same(targets: Targets, way: str) -> None:
    with targets.spark(way) as spark:
        for statement in STATEMENTS:
            assert spark.sql(statement) == []
        assert [_plain(row) for row in spark.sql(QUERY)] == ROWS
        options = "options => map('min-input-files', '2')"
        [compacted] = spark.sql(
            f"call lake.system.rewrite_data_files(table => 'gold.days', {options})"
        )
        assert compacted["rewritten_data_files_count"] == 2
        assert compacted["added_data_files_count"] == 1
        with pytest.raises(StatementError, match=r"TABLE_OR_VIEW_NOT_FOUND.*gold.*nowhere"):
            spark.sql("select * from gold.nowhere")
        assert [_plain(row) for row in spark.sql(QUERY)] == ROWS  # an error ends no session
    table = targets.lake.catalog.load_table(("gold", "days"))
    assert [task.file.record_count for task in table.scan().plan_files()] == [2]


def _plain(row: Row) -> Row:
    """Return the row without the fractions of a second that a client may add."""
    return {name: value.removesuffix(".0") if name == "at" and value else value
            for name, value in row.items()}  # fmt: skip
