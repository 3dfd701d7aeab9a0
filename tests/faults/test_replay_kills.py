"""Replays that die: run again, and every kept row is back once, marked and recorded."""

import random

import pytest

from lake.settings import Failpoint
from tests.integration.ingestion.checker import judge
from tests.integration.ingestion.fork import KILLED, ended, kill_within
from tests.integration.ingestion.lakehouse import ITEMS, Lakehouse, table

pytestmark = pytest.mark.postgres
ROWS = 3_000
KILLS, SECONDS = 6, 1.0
INCREMENTAL = {"load": "incremental", "key": ["item_id"], "cursor": "updated_at"}


@pytest.fixture
def kept(lakehouse: Lakehouse) -> Lakehouse:
    """Return a lake whose quarantine keeps a tenth of the rows, which fit by now."""
    lakehouse.execute(
        "create table items (item_id bigint primary key, label text, score numeric(8,2),"
        " updated_at timestamptz default clock_timestamp())"
    )
    lakehouse.declare(table("items", {**ITEMS, "score": "decimal(8,2)"}, **INCREMENTAL))
    lakehouse.execute(
        f"insert into items select n, 'label', case when n % 10 = 0 then numeric 'NaN' else 1 end"
        f" from generate_series(1, {ROWS}) as n"
    )
    lakehouse.execute(f"insert into items values ({ROWS + 1}, 'newest', 1)")
    assert lakehouse.ingest().rows_quarantined == ROWS // 10
    lakehouse.declare(table("items", ITEMS, **INCREMENTAL))
    return lakehouse


def _assert_all_are_back_once(lakehouse: Lakehouse) -> None:
    """Compare keys with the source, marks with loads, and loads with their records."""
    sent = [key for (key,) in lakehouse.query("select item_id from items")]
    assert judge(sent, [row["item_id"] for row in lakehouse.rows(columns="item_id")]).is_clean
    landed = {
        row["_load_id"]: row["count"]
        for row in lakehouse.rows(
            columns="_load_id, count(*)::int as count", where="true group by all"
        )
    }
    marks = lakehouse.quarantined()
    assert {row["resolution"] for row in marks} == {"replayed"}
    by_load = [row["resolved_by_load_id"] for row in marks]
    assert {load: by_load.count(load) for load in set(by_load)} == {
        load: count for load, count in landed.items() if load.startswith("replay-")
    }
    records = lakehouse.lake.rows("ops.loads")
    assert judge(list(landed), [row["load_id"] for row in records]).is_clean
    assert {row["load_id"]: row["rows_landed_count"] for row in records} == landed


@pytest.mark.parametrize(
    "failpoint", [Failpoint.BEFORE_COMMIT, Failpoint.AFTER_COMMIT], ids=lambda point: point.value
)
def test_a_replay_killed_around_its_commit_ends_well_when_run_again(
    kept: Lakehouse, failpoint: Failpoint
) -> None:
    """Faults kill-before-commit and replay-twice.

    After the commit the rows are in, but neither marked nor recorded.
    """
    assert ended(kept.replay_in_process(failpoint)) == KILLED
    assert {row["resolution"] for row in kept.quarantined()} == {None}
    is_in = failpoint is Failpoint.AFTER_COMMIT
    assert len(kept.rows()) == ROWS * 9 // 10 + 1 + (ROWS // 10 if is_in else 0)
    result = kept.replay()
    assert (result.replayed, result.landed) == ((0, ROWS // 10) if is_in else (ROWS // 10, 0))
    _assert_all_are_back_once(kept)


def test_a_load_that_overtakes_the_marks_changes_nothing(kept: Lakehouse) -> None:
    """The replay's record comes back with the next load, the marks with the next replay."""
    assert ended(kept.replay_in_process(Failpoint.AFTER_COMMIT)) == KILLED
    kept.execute(f"insert into items values ({ROWS + 2}, 'later', 1)")
    assert kept.ingest().rows_landed == 1
    kept.replay()
    _assert_all_are_back_once(kept)


def test_random_kills_converge(kept: Lakehouse) -> None:
    """Fault random-kills, for replay."""
    rng = random.Random(24)  # noqa: S311 - a seed, no secret
    for _ in range(KILLS):
        kill_within(kept.replay_in_process(), SECONDS, rng)
    kept.replay()
    _assert_all_are_back_once(kept)
