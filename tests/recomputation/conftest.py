"""Databases for the recomputation: an embedded PostgreSQL -> URLs of small shops in it."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from sandbox.postgres import EmbeddedPostgres
from sandbox.shop.database import install
from tests.recomputation.lake import Lake
from tests.warm_dbt import WarmDbt

OWNER = "shop"
SECRETS = ("SHOP_DATABASE_URL", "SHOP_ADMIN_URL", "FIRN_TOKEN_KEY")
TINY_SHOP = Path(__file__).with_name("tiny_shop") / "shop.sql"

MakeDatabase = Callable[[str], str]

_COPIES = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """Start a PostgreSQL server of the session's own, and remove it at the end."""
    postgres = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    postgres.start()
    postgres.ensure_role(OWNER)
    yield postgres
    postgres.destroy()


@pytest.fixture(scope="session")
def make_shop(server: EmbeddedPostgres) -> MakeDatabase:
    """Return a function: database name -> URL of a new shop in it, all tables empty."""

    def make(database: str) -> str:
        server.ensure_database(database, OWNER)
        url = server.url(OWNER, database)
        with psycopg.connect(url) as connection:
            install(connection)
        return url

    return make


@pytest.fixture(scope="session")
def empty_shop(make_shop: MakeDatabase) -> str:
    """Return the URL of a shop without a single row."""
    return make_shop("empty")


@pytest.fixture(scope="session")
def tiny_shop(make_shop: MakeDatabase) -> str:
    """Return the URL of the shop that was worked out by hand; nobody may change it."""
    return _filled(make_shop("tiny"))


@pytest.fixture
def tiny_shop_copy(make_shop: MakeDatabase) -> str:
    """Return the URL of such a shop for one test alone."""
    return _filled(make_shop(f"tiny_copy_{next(_COPIES)}"))


def _filled(url: str) -> str:
    with psycopg.connect(url) as connection:
        connection.execute(TINY_SHOP.read_text(encoding="utf-8").encode())
    return url


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory, warm_dbt: WarmDbt) -> Iterator[Lake]:
    """Make a lake of a small shop, landed and built once; tests go on from there."""
    lake = Lake(tmp_path_factory.mktemp("lake"), warm_dbt)
    with pytest.MonkeyPatch.context() as patch:
        for variable in SECRETS:  # the environment would win over the lake's own file
            patch.delenv(variable, raising=False)
        try:
            lake.fill(orders=3_000)
            lake.land()
            lake.build(tests=True)
            yield lake
        finally:
            lake.close()
