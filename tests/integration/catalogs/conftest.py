"""A small lake whose catalog is a PostgreSQL database, chosen by the target of the profile."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lake.settings import Settings
from sandbox.postgres import EmbeddedPostgres
from tests.catalog_databases import new_database
from tests.integration.ingestion.fixtures import OWNER, READER
from tests.integration.ingestion.lakehouse import Lakehouse
from tests.integration.upkeep.upkeep_lake import UpkeepLake
from tests.warm_dbt import WarmDbt

TARGET = "postgres_catalog"
DATABASE = "items_of_catalogs"


@dataclass(frozen=True)
class SharedLakehouse(Lakehouse):
    """A project whose lake can be reached from several FIRN_HOMEs: its catalog is in none."""

    home_name: str = "home"

    @property
    def home(self) -> Path:
        """The FIRN_HOME of the machine that is looked from."""
        return self.folder / self.home_name

    @property
    def settings(self) -> Settings:
        """Settings for this project and lake, by the target alone."""
        return Settings(project_dir=self.folder, home=self.home, target=TARGET)

    def second(self) -> "SharedLakehouse":
        """Return the same lake from another FIRN_HOME, as another machine would have it."""
        other = replace(self, home_name="home_of_another_machine")
        other.home.mkdir(exist_ok=True)
        secrets = other.home / "firn.env"
        secrets.touch(mode=0o600)
        secrets.write_text((self.home / "firn.env").read_text())
        return other


@pytest.fixture(scope="module")
def lake(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory, warm_dbt: WarmDbt
) -> Iterator[UpkeepLake]:
    """Return the lake, filled and built once; DBT_TARGET and its variables are set meanwhile."""
    postgres.ensure_role(OWNER)
    postgres.ensure_role(READER, ["pg_read_all_data", "pg_read_all_stats"])
    postgres.ensure_database(DATABASE, OWNER)
    catalog = new_database(postgres)
    variables = {
        "DBT_TARGET": TARGET,
        "FIRN_CATALOG_URL": catalog["uri"],
        "FIRN_CATALOG_USER": catalog["jdbc.user"],
        "DBT_ENV_SECRET_FIRN_CATALOG_PASSWORD": catalog["jdbc.password"],
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        urls = postgres.url(OWNER, DATABASE), postgres.url(READER, DATABASE)
        source = SharedLakehouse(tmp_path_factory.mktemp("shared"), *urls)
        lake = UpkeepLake.lay_out(source, warm_dbt)
        lake.add(1, 200, "common")
        lake.add(201, 210, "rare", amount="n")
        lake.add(211, 212, "bad", amount="0")
        lake.take_in()
        lake.assert_right()
        yield lake
