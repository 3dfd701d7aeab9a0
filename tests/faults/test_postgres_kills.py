"""Ingestion processes that die or stall: run again, and nothing is lost, nothing doubled."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable

import psycopg
import pytest

from lake.settings import Failpoint
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.checker import Verdict, judge
from tests.integration.ingestion.fork import KILLED, ended, kill_within
from tests.integration.ingestion.lakehouse import (
    CREATE_ITEMS,
    Lakehouse,
    full_items,
    items,
)

pytestmark = pytest.mark.postgres
KILLS, SECONDS, KILLED_ROWS = 50, 0.8, 2_000
DEADLINE_SECONDS = 120
ROWS = 60_000  # more than one block, so that mid_copy is in the middle
FILL = (
    f"insert into items select n, repeat(md5(n::text), 5), now() - interval '1 minute'"
    f" from generate_series(1, {ROWS}) as n"
)


@pytest.fixture
def filled(with_items: Lakehouse) -> Lakehouse:
    """Return a lake over a table with rows for several blocks; nothing is landed yet."""
    with_items.execute(FILL)
    return with_items


def _verdict(lakehouse: Lakehouse) -> Verdict:
    """Compare the source with live rows of the lake by key."""
    sent = [key for (key,) in lakehouse.query("select item_id from items")]
    return judge(sent, [row["item_id"] for row in lakehouse.rows(columns="item_id")])


def _wait(process: "subprocess.Popen[str]") -> str:
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    return errors


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def _end_session_in_copy(server: EmbeddedPostgres, lakehouse: Lakehouse) -> bool:
    """End the session of ingestion once it copies; only a superuser may see and do that."""
    database = lakehouse.owner_url.rsplit("/", 1)[1]
    query = (
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'firn'"
        " and query like 'COPY%%' and datname = %s"
    )
    with psycopg.connect(server.url(), autocommit=True) as connection:
        return connection.execute(query, [database]).fetchone() is not None


@pytest.mark.parametrize(
    "failpoint", [Failpoint.MID_COPY, Failpoint.AFTER_COPY, Failpoint.BEFORE_COMMIT]
)
def test_a_kill_before_the_commit_leaves_nothing_and_the_next_run_lands_all(
    filled: Lakehouse, failpoint: Failpoint
) -> None:
    """Fault kill-before-commit: orphan files at most, no row, no progress, no record."""
    assert ended(filled.ingest_in_process(failpoint)) == KILLED
    assert filled.rows() == []
    assert filled.lake.rows("ops.loads") == []
    result = filled.ingest()
    assert result.rows_landed == ROWS
    assert _verdict(filled).is_clean
    assert [row["load_id"] for row in filled.lake.rows("ops.loads")] == [
        row["_load_id"] for row in filled.rows(columns="distinct _load_id")
    ]


def test_a_kill_after_the_commit_loses_only_the_record_which_comes_back(
    filled: Lakehouse,
) -> None:
    """Fault kill-after-commit.

    The rows are in; the next run reads nothing again and records the load once.
    """
    assert ended(filled.ingest_in_process(Failpoint.AFTER_COMMIT)) == KILLED
    assert _verdict(filled).is_clean
    assert filled.lake.rows("ops.loads") == []
    result = filled.ingest()
    assert (result.rows_read, result.rows_landed) == (0, 0)
    [record] = filled.lake.rows("ops.loads")
    assert record["rows_landed_count"] == ROWS
    filled.ingest()
    assert len(filled.lake.rows("ops.loads")) == 1
    assert _verdict(filled).is_clean


def test_random_kills_converge(lakehouse: Lakehouse) -> None:
    """Fault random-kills: SIGKILL at any moment of a load, while rows go on changing."""
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.declare(items())
    rng = random.Random(4)  # noqa: S311 - a seed, no secret
    killed = 0
    for number in range(KILLS):
        first = number * KILLED_ROWS
        lakehouse.execute(
            f"insert into items select n, repeat('x', 200) from"
            f" generate_series({first + 1}, {first + KILLED_ROWS}) as n"
        )
        killed += kill_within(lakehouse.ingest_in_process(), SECONDS, rng)
    assert killed
    lakehouse.ingest()
    assert _verdict(lakehouse).is_clean
    recorded = {row["load_id"] for row in lakehouse.lake.rows("ops.loads")}
    landed = {row["_load_id"] for row in lakehouse.rows(columns="distinct _load_id")}
    assert recorded == landed


def test_a_terminated_load_ends_at_once_and_frees_the_lock(filled: Lakehouse) -> None:
    """Fault terminated-load: SIGTERM in the middle of COPY."""
    with filled.transaction() as blocker:
        blocker.execute("lock table items in access exclusive mode")
        process = filled.ingest_in_process()
        _until(lambda: any((filled.home / "locks").glob("*.json")))
        process.terminate()
        assert ended(process) not in (0, None)
    assert filled.ingest().rows_landed == ROWS
    assert _verdict(filled).is_clean


def test_an_interrupted_full_load_leaves_the_old_copy_whole(filled: Lakehouse) -> None:
    """Fault full-load: the table is the old one or the new one, never half of either."""
    filled.declare(full_items())
    filled.ingest()
    before = {row["_load_id"] for row in filled.rows(columns="distinct _load_id")}
    filled.execute("update items set label = 'changed'")
    assert ended(filled.ingest_in_process(Failpoint.BEFORE_COMMIT)) == KILLED
    assert {row["_load_id"] for row in filled.rows(columns="distinct _load_id")} == before
    assert _verdict(filled).is_clean
    filled.ingest()
    assert {row["label"] for row in filled.rows(columns="distinct label")} == {"changed"}
    assert _verdict(filled).is_clean


def _without_lock(lakehouse: Lakehouse, guard_off: str = "") -> "subprocess.Popen[str]":
    """Start an ingestion that does not ask for the lock, paused before its commit by `gate`.

    `guard_off` is Python that takes another guard away first.
    """
    script = (
        f"{guard_off}\n"
        "import contextlib, pathlib, time, ingestion.api, ingestion.raw_tables.landing\n"
        "ingestion.api.source_lock = lambda *a, **k: contextlib.nullcontext()\n"
        "commit = ingestion.raw_tables.landing.Landing.commit\n"
        f"gate = pathlib.Path({str(lakehouse.home)!r})\n"
        "def gated(self, *args):\n"
        "    (gate / 'planned').touch()\n"
        "    deadline = time.monotonic() + 60\n"
        "    while not (gate / 'go').exists() and time.monotonic() < deadline:\n"
        "        time.sleep(0.01)\n"
        "    return commit(self, *args)\n"
        "ingestion.raw_tables.landing.Landing.commit = gated\n"
        "print(ingestion.api.ingest([])[0].rows_landed)\n"
    )
    return lakehouse.start_python(script)


def test_of_two_loads_planned_alike_one_lands_and_one_plans_again(filled: Lakehouse) -> None:
    """Fault two-loads-at-once: the lock is off; compare-and-set alone keeps rows single."""
    filled.ingest()  # the table and its first snapshot
    filled.execute("insert into items values (0, 'new', now())")
    process = _without_lock(filled)
    _until((filled.home / "planned").exists)
    assert filled.ingest().rows_landed == 1
    (filled.home / "go").touch()
    output, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert output.strip() == "0", errors
    assert _verdict(filled).is_clean


def test_two_first_loads_planned_alike_land_once(filled: Lakehouse) -> None:
    """Fault two-loads-at-once for a table without any snapshot yet."""
    process = _without_lock(filled)
    _until((filled.home / "planned").exists)
    assert filled.ingest().rows_landed == ROWS
    (filled.home / "go").touch()
    output, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert output.strip() == "0", errors
    assert _verdict(filled).is_clean


def test_with_retried_commits_both_would_land(
    filled: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault two-loads-at-once, guard off: pyiceberg's own retries append the same rows again."""
    monkeypatch.setattr(
        "ingestion.raw_tables.schema.PROPERTIES_AT_CREATION",
        {"format-version": "2", "commit.retry.num-retries": "4"},
    )
    by_pyiceberg = (
        "from ingestion.raw_tables.append import Append;"
        "Append.is_possible = staticmethod(lambda stored: False)"
    )
    filled.ingest()
    filled.execute("insert into items values (0, 'new', now())")
    process = _without_lock(filled, by_pyiceberg)
    _until((filled.home / "planned").exists)
    filled.ingest()
    (filled.home / "go").touch()
    process.communicate(timeout=DEADLINE_SECONDS)
    assert _verdict(filled).doubled == {0: 1}


def test_without_the_comparison_the_first_would_be_lost(filled: Lakehouse) -> None:
    """Fault two-loads-at-once, guard off: a pointer that is set whatever it is forgets a commit."""
    whatever_it_is = (
        "import lake.catalogs.sql as committing; from lake.lake import Lake\n"
        "from lake.settings import Settings\n"
        "change = committing.PointerChange\n"
        "def newest(table, before, after):\n"
        "    return change(table, Lake(Settings.load()).backend.pointer(table).metadata, after)\n"
        "committing.PointerChange = newest"
    )
    filled.ingest()
    filled.execute("insert into items values (0, 'new', now())")
    process = _without_lock(filled, whatever_it_is)
    _until((filled.home / "planned").exists)
    filled.execute("insert into items values (-1, 'newer', now())")
    assert filled.ingest().rows_landed == 2
    (filled.home / "go").touch()
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, errors
    assert _verdict(filled).lost == {-1: 1}


def test_a_zombie_that_wakes_up_after_another_run_lands_nothing(filled: Lakehouse) -> None:
    """Fault stalled-process: stopped with its files written, overtaken, then continued."""
    filled.ingest()
    filled.execute("insert into items values (0, 'new', now())")
    process = _without_lock(filled)
    _until((filled.home / "planned").exists)
    os.killpg(process.pid, signal.SIGSTOP)
    (filled.home / "go").touch()
    assert filled.ingest().rows_landed == 1
    os.killpg(process.pid, signal.SIGCONT)
    process.communicate(timeout=DEADLINE_SECONDS)
    assert _verdict(filled).is_clean


@pytest.mark.parametrize("how", ["terminate", "timeout"])
def test_a_connection_lost_in_the_middle_of_copy_commits_nothing(
    filled: Lakehouse, postgres: EmbeddedPostgres, how: str
) -> None:
    """Fault connection-lost.

    The session is ended by the server, or its statement takes too long.
    """
    process = _slow_copy(filled, "400ms" if how == "timeout" else "0")
    if how == "terminate":
        _until(lambda: _end_session_in_copy(postgres, filled))
    errors = _wait(process)
    assert process.returncode == 1
    assert "LoadError: reading app.items" in errors
    assert "nothing of this load was committed" in errors
    assert filled.rows() == []
    assert filled.ingest().rows_landed == ROWS
    assert _verdict(filled).is_clean


def _slow_copy(lakehouse: Lakehouse, timeout: str) -> "subprocess.Popen[str]":
    """Start an ingestion that takes its time for each chunk of COPY."""
    script = (
        "import asyncio, ingestion.connectors.postgres.copy as copy\n"
        "from ingestion.connectors.postgres import transaction\n"
        f"transaction.SETTINGS['statement_timeout'] = {timeout!r}\n"
        "take = copy.BlockCollector.take\n"
        "async def slow(self, chunk):\n"
        "    await asyncio.sleep(0.05)\n"
        "    await take(self, chunk)\n"
        "copy.BlockCollector.take = slow\n"
        "from ingestion.api import ingest\n"
        "ingest([])\n"
    )
    return lakehouse.start_python(script)
