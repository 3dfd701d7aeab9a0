"""Services that tests share: a temporary home -> one PostgreSQL, one dbt with its Spark."""

from collections.abc import Iterator

import hypothesis
import psycopg
import pytest

from lake.settings import Settings
from operations.runtime.cds_archive import archive_file
from operations.runtime.java import find_java
from sandbox.postgres import EmbeddedPostgres
from tests.warm_dbt import WarmDbt

# An example may take as long as a busy machine lets it; pytest's own time limit is the bound.
hypothesis.settings.register_profile("firn", deadline=None)
hypothesis.settings.load_profile("firn")

# Files that take minutes each. Workers take files in this order, so that none is left alone with
# a long one at the end.
LONGEST_FILES = (
    "test_small_lake.py",
    "test_small_bakery_lake.py",
    "test_lake.py",
    "test_runs.py",
    "test_watch.py",
    "test_maintenance.py",
    "test_cars.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""

    def place(item: pytest.Item) -> int:
        name = item.path.name
        return LONGEST_FILES.index(name) if name in LONGEST_FILES else len(LONGEST_FILES)

    items.sort(key=place)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """Start an empty PostgreSQL server, and remove it when the session ends.

    It does not wait for the disk: what it holds is thrown away in any case.
    """
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
    yield server
    server.destroy()


@pytest.fixture(scope="session")
def shared_classes() -> Iterator[None]:
    """Let every Spark use the archive of classes that was made at set-up, if there is one."""
    settings = Settings.load()
    java = find_java(settings)
    with pytest.MonkeyPatch.context() as patch:
        if java and not settings.variable("FIRN_CLASSES"):
            patch.setenv("FIRN_CLASSES", str(archive_file(settings, java)))
        yield


@pytest.fixture(scope="session")
def warm_dbt(shared_classes: None) -> Iterator[WarmDbt]:
    """Return the one process that runs dbt, and Spark, for all slow tests; it ends with them."""
    with WarmDbt() as dbt:
        yield dbt
