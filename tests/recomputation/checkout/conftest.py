"""A checkout of the session's PostgreSQL, and a lake of it that its tests share."""

from collections.abc import Iterator

import psycopg
import pytest

from sandbox.checkout.database import Clock, install
from sandbox.checkout.history import END_OF_FILL
from sandbox.control.checkout import READER
from sandbox.postgres import EmbeddedPostgres
from tests.recomputation.checkout.checkout_lake import CheckoutLake
from tests.warm_dbt import WarmDbt

OWNER = "checkout"


@pytest.fixture(scope="module")
def till(
    tmp_path_factory: pytest.TempPathFactory, server: EmbeddedPostgres, warm_dbt: WarmDbt
) -> Iterator[CheckoutLake]:
    """Make the database, empty, and a lake in which nothing is built; tests go on from there."""
    server.ensure_role(OWNER, ["pg_read_all_stats"])
    server.ensure_database("checkout", OWNER)
    url = server.url(OWNER, "checkout")
    with psycopg.connect(url) as connection:
        install(connection, Clock(1, END_OF_FILL, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(READER, raising=False)  # it would win over the lake's own file
        yield CheckoutLake(tmp_path_factory.mktemp("till"), warm_dbt, url)
