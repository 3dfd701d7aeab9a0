"""A database that is followed while orders arrive: each version once, even after a kill."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
import yaml

from operations.runtime.signals import DEADLINE_SECONDS
from sandbox.checkout import Produced, fill, produce
from tests.integration.ingestion.home import ROOT
from tests.integration.ingestion.lakehouse import Lakehouse

pytestmark = pytest.mark.postgres

SECONDS, RATE = 1.5, 300
COMMAND = (
    "import sys; sys.argv = ['firn', 'ingest', 'checkout', '--follow', '--every', '0.2'];"
    " from operations.cli.app import main; main()"
)
TABLES = {"orders": "order_id", "order_items": "order_item_id"}


@pytest.fixture
def till(lakehouse: Lakehouse) -> Lakehouse:
    """Return a lake over a checkout of one day, as the project declares it; nothing is landed."""
    file = ROOT / "models" / "raw" / "checkout.yml"
    document: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    text = yaml.safe_dump(document, sort_keys=False)
    (lakehouse.folder / "models" / "raw" / file.name).write_text(
        text.replace("CHECKOUT_DATABASE_URL", "SOURCE_URL"), encoding="utf-8"
    )
    fill(lakehouse.owner_url, days=1, orders=100)
    lakehouse.execute("grant usage on schema checkout to public")
    return lakehouse


@contextmanager
def produced(till: Lakehouse) -> Iterator[list[Produced]]:
    """Let orders arrive meanwhile; what was written is there at the end."""
    made: list[Produced] = []
    thread = threading.Thread(target=lambda: made.append(produce(till.owner_url, RATE, SECONDS)))
    thread.start()
    try:
        yield made
    finally:
        thread.join(30)
        assert not thread.is_alive()


def landed(till: Lakehouse, table: str) -> list[tuple[Any, Any]]:
    """Return key and version of all rows landed."""
    rows = till.lake.rows(f"raw_checkout.{table}")
    return [(row[TABLES[table]], row["updated_at"]) for row in rows]


def upstream(till: Lakehouse, table: str) -> set[tuple[Any, Any]]:
    """Return key and version of all rows in the database."""
    return set(till.query(f"select {TABLES[table]}, updated_at from checkout.{table}"))


def has_all(till: Lakehouse) -> bool:
    """Return whether the newest version of each row has landed."""
    return all(upstream(till, table) <= set(landed(till, table)) for table in TABLES)


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)


def end(process: "subprocess.Popen[str]") -> str:
    """End a follower cleanly, and return what it said."""
    process.terminate()
    said, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    return said


def assert_each_version_is_there_once(till: Lakehouse) -> None:
    for table in TABLES:
        found = landed(till, table)
        assert len(found) == len(set(found))


def test_each_arrival_is_landed_once_within_seconds(till: Lakehouse) -> None:
    process = till.start_python(COMMAND)
    until(lambda: has_all(till))
    with produced(till) as made:
        pass
    until(lambda: has_all(till))
    said = end(process)
    assert_each_version_is_there_once(till)
    assert made[0].orders == round(RATE * SECONDS)
    assert len({row["_ingested_at"] for row in till.lake.rows("raw_checkout.order_items")}) > 3
    assert "in a transaction" not in said  # of some milliseconds


def test_a_follower_that_is_killed_loses_and_doubles_nothing(till: Lakehouse) -> None:
    """Fault kill-after-commit: the next one goes on from what the tables hold."""
    first = till.start_python(COMMAND)
    with produced(till):
        until(lambda: len(landed(till, "orders")) > 0)
        psutil.Process(first.pid).kill()
        first.communicate()
    second = till.start_python(COMMAND)
    with produced(till):  # else the first may have landed all, and the second not begun
        pass
    until(lambda: has_all(till))
    end(second)
    assert_each_version_is_there_once(till)


def test_a_second_signal_ends_what_waits_for_the_database(till: Lakehouse) -> None:
    """Fault terminated-load: the first one waits for the round, which waits for somebody else."""
    process = till.start_python(COMMAND)
    until(lambda: has_all(till))
    with till.transaction() as blocker:
        blocker.execute("lock table checkout.orders in access exclusive mode")
        waiting = "select count(*) from pg_locks where not granted"
        until(lambda: till.query(waiting) != [(0,)])
        process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.terminate()
        assert process.wait(DEADLINE_SECONDS + 5) != 0
    assert till.ingest("checkout.orders").error is None
    assert_each_version_is_there_once(till)
