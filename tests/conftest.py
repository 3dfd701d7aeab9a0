"""Services that tests share: a temporary home -> one PostgreSQL, one dbt with its Spark."""

from collections.abc import Iterator
from pathlib import Path

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
hypothesis.settings.register_profile("long", deadline=None, max_examples=2000)  # `make fuzz`
hypothesis.settings.load_profile("firn")

# Stack traces are taken by each statement, to say where it was called from: no deeper than needed.
QUICK_JAVA = (
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=384m -Xmn1g -XX:MaxJavaStackTraceDepth=24"
)
WHOLE_LAKES = Path(__file__).with_name("recomputation")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put whole lakes first: no worker is left alone with one when the others have ended."""
    items.sort(key=lambda item: not item.path.is_relative_to(WHOLE_LAKES))


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
    """Return the one process that runs dbt, and Spark, for all slow tests; it ends with them.

    Each of the suite's workers has a core: its Spark runs one task after the other, and collects
    what short queries leave behind seldom.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRN_SPARK_MASTER", "local[1]")
        patch.setenv("FIRN_JAVA_OPTIONS", QUICK_JAVA)
        with WarmDbt() as dbt:
            yield dbt
