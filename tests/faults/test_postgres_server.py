"""A PostgreSQL server that is killed while it is read."""

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest

from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.checker import judge
from tests.integration.ingestion.lakehouse import CREATE_ITEMS, Lakehouse, items

pytestmark = pytest.mark.postgres
ROWS = 50_000


def test_a_server_killed_mid_copy_commits_nothing_and_the_next_run_lands_all(
    tmp_path: Path,
) -> None:
    """Fault connection-lost: an immediate stop, then a restart with crash recovery."""
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    try:
        lakehouse = Lakehouse(tmp_path / "project", server.url(), server.url())
        lakehouse.set_up()
        lakehouse.execute(CREATE_ITEMS)
        lakehouse.execute("create view copies as select * from items")
        lakehouse.declare(items(), {**items(), "name": "copies"})
        lakehouse.execute(
            f"insert into items select n, repeat('x', 400) from generate_series(1, {ROWS}) as n"
        )
        process = lakehouse.start_python(
            "import asyncio, ingestion.connectors.postgres.copy as copy\n"
            "take = copy.BlockCollector.take\n"
            "async def slow(self, chunk):\n"
            "    await asyncio.sleep(0.05)\n"
            "    await take(self, chunk)\n"
            "copy.BlockCollector.take = slow\n"
            "from ingestion.api import ingest\n"
            "ingest([])\n"
        )
        _wait_for_copy(lakehouse)
        postmaster = (server.data / "postmaster.pid").read_text().split("\n", 1)[0]
        os.kill(int(postmaster), signal.SIGQUIT)  # PostgreSQL's immediate shutdown
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "reading app.items" in errors
        assert "app.copies" in errors
        assert "never retrieved" not in errors
        assert lakehouse.rows() == []
        server.start()
        assert lakehouse.ingest().rows_landed == ROWS
        found = [row["item_id"] for row in lakehouse.rows(columns="item_id")]
        assert judge(range(1, ROWS + 1), found).is_clean
    finally:
        server.destroy()


def _wait_for_copy(lakehouse: Lakehouse) -> None:
    query = "select 1 from pg_stat_activity where application_name = 'firn' and query like 'COPY%'"
    deadline = time.monotonic() + 60
    with psycopg.connect(lakehouse.owner_url, autocommit=True) as connection:
        while connection.execute(query.encode()).fetchone() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
