"""One project, database and lake for all tests here; each begins anew."""

import pytest

from sandbox.postgres import EmbeddedPostgres
from tests.integration.evolution.evolving import Evolving
from tests.integration.ingestion.lakehouse import Lakehouse
from tests.warm_dbt import WarmDbt

OWNER, READER, DATABASE = "evolution_owner", "evolution_reader", "evolution"


@pytest.fixture(scope="session")
def evolving(
    postgres: EmbeddedPostgres, warm_dbt: WarmDbt, tmp_path_factory: pytest.TempPathFactory
) -> Evolving:
    """Return the lake of the table that changes."""
    postgres.ensure_role(OWNER)
    postgres.ensure_role(READER, ["pg_read_all_data", "pg_read_all_stats"])
    postgres.ensure_database(DATABASE, OWNER)
    lakehouse = Lakehouse(
        tmp_path_factory.mktemp("evolution") / "project",
        postgres.url(OWNER, DATABASE),
        postgres.url(READER, DATABASE),
    )
    lakehouse.set_up()
    return Evolving(lakehouse, warm_dbt)
