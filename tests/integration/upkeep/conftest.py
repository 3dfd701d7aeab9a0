"""One database, project and lake for all tests here; each adds items of its own."""

from collections.abc import Iterator

import pytest

from operations.runtime.spark import Spark
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.fixtures import OWNER, READER
from tests.integration.ingestion.lakehouse import Lakehouse
from tests.integration.upkeep.upkeep_lake import UpkeepLake
from tests.warm_dbt import WarmDbt

DATABASE = "upkeep"


@pytest.fixture(scope="session")
def lake(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory, warm_dbt: WarmDbt
) -> UpkeepLake:
    """Return the lake, filled and built once."""
    postgres.ensure_role(OWNER)
    postgres.ensure_role(READER, ["pg_read_all_data", "pg_read_all_stats"])
    postgres.ensure_database(DATABASE, OWNER)
    folder = tmp_path_factory.mktemp("upkeep")
    source = Lakehouse(folder, postgres.url(OWNER, DATABASE), postgres.url(READER, DATABASE))
    lake = UpkeepLake.lay_out(source, warm_dbt)
    lake.add(1, 200, "common")
    lake.add(201, 210, "rare", amount="n")
    lake.add(211, 212, "bad", amount="0")
    lake.take_in()
    lake.assert_right()
    return lake


@pytest.fixture(scope="session")
def spark(lake: UpkeepLake) -> Iterator[Spark]:
    """Start the Spark that maintenance uses, once."""
    with Spark(lake.source.settings) as spark:
        yield spark
