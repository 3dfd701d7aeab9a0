"""A small lake whose catalog several machines can reach, by each such target of the profile."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lake.settings import Settings
from sandbox.postgres import EmbeddedPostgres
from tests.catalog_databases import new_database
from tests.integration.ingestion.fixtures import OWNER, READER
from tests.integration.ingestion.lakehouse import Lakehouse
from tests.integration.upkeep.upkeep_lake import UpkeepLake
from tests.rest_catalog.server import RestCatalogServer
from tests.warm_dbt import WarmDbt

POSTGRES, REST = "postgres_catalog", "rest_catalog"
DATABASE = "items_of_catalogs"


@dataclass(frozen=True)
class SharedLakehouse(Lakehouse):
    """A project whose lake can be reached from several FIRN_HOMEs: its catalog is in none."""

    target: str
    home_name: str = "home"

    @property
    def home(self) -> Path:
        """The FIRN_HOME of the machine that is looked from."""
        return self.folder / self.home_name

    @property
    def settings(self) -> Settings:
        """Settings for this project and lake, by the target alone."""
        return Settings(project_dir=self.folder, home=self.home, target=self.target)

    def second(self) -> "SharedLakehouse":
        """Return the same lake from another FIRN_HOME, as another machine would have it."""
        other = replace(self, home_name="home_of_another_machine")
        other.home.mkdir(exist_ok=True)
        secrets = other.home / "firn.env"
        secrets.touch(mode=0o600)
        secrets.write_text((self.home / "firn.env").read_text())
        return other


@pytest.fixture(scope="module", params=[POSTGRES, REST])
def target(request: pytest.FixtureRequest) -> str:
    """Return the target of the profile."""
    return str(request.param)


@pytest.fixture(scope="module")
def variables(
    target: str, postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, str]]:
    """Return what the target needs to find an empty catalog, which ends with the tests."""
    if target == POSTGRES:
        catalog = new_database(postgres)
        yield {
            "FIRN_CATALOG_URL": catalog["uri"],
            "FIRN_CATALOG_USER": catalog["jdbc.user"],
            "DBT_ENV_SECRET_FIRN_CATALOG_PASSWORD": catalog["jdbc.password"],
        }
    else:
        server = RestCatalogServer(tmp_path_factory.mktemp("rest"))
        # the server gives whoever asks a token, and looks at none
        credential = f"firn:{secrets.token_hex(16)}"
        yield {"FIRN_REST_URL": server.url, "DBT_ENV_SECRET_FIRN_REST_CREDENTIAL": credential}
        server.stop()


@pytest.fixture(scope="module")
def lake(
    target: str,
    variables: Mapping[str, str],
    postgres: EmbeddedPostgres,
    tmp_path_factory: pytest.TempPathFactory,
    warm_dbt: WarmDbt,
) -> Iterator[UpkeepLake]:
    """Return the lake, filled and built once; DBT_TARGET and its variables are set meanwhile."""
    postgres.ensure_role(OWNER)
    postgres.ensure_role(READER, ["pg_read_all_data", "pg_read_all_stats"])
    database = f"{DATABASE}_{target}"
    postgres.ensure_database(database, OWNER)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"DBT_TARGET": target, **variables}.items():
            patch.setenv(name, value)
        urls = postgres.url(OWNER, database), postgres.url(READER, database)
        source = SharedLakehouse(tmp_path_factory.mktemp("shared"), *urls, target)
        lake = UpkeepLake.lay_out(source, warm_dbt)
        lake.add(1, 200, "common")
        lake.add(201, 210, "rare", amount="n")
        lake.add(211, 212, "bad", amount="0")
        lake.take_in()
        lake.assert_right()
        yield lake
