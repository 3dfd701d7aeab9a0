"""What an engine does with real tables: lags kept, failures, suspension, manual runs, kills."""

import shutil

import pytest

from lake.errors import ConfigurationError
from lake.settings import Failpoint
from operations.refresh.history import Outcome
from operations.refresh.tasks.control import answer, request, resume, suspend
from tests.integration.refresh.till_tasks import TillTasks
from tests.integration.streams.till_lake import Sale

pytestmark = pytest.mark.spark

FIRST = [(1, 30, 2), (2, 30, 1)]
BROKEN, REPAIRED = Sale(9, day=9, amount=-1), Sale(9, day=9, amount=9, version=2)


def failures(tasks: TillTasks, name: str) -> int:
    return tasks.state.of(name).failures


def test_dynamic_tables_are_kept_and_idle_rounds_build_nothing(tasks: TillTasks) -> None:
    assert tasks.round() is True
    assert tasks.lake.daily() == FIRST
    assert tasks.models == ["till__sales", "daily_sales", "sales_total", "best_days"]
    tasks.models = []
    assert tasks.round(3600) is None
    tasks.land(Sale(4, day=3, amount=70))
    assert tasks.round(4) is True
    assert tasks.lake.daily() == [*FIRST, (3, 70, 1)]
    assert [row["sold_date"].day for row in tasks.lake.rows("gold.best_days", "place")] == [3]
    assert tasks.round(3600) is None
    lags = tasks.ops("lags", "arrived_at")
    from_roots = {row["model_name"]: row for row in lags if row["is_root"]}
    assert from_roots.keys() == {"gold.daily_sales", "gold.sales_total", "gold.best_days"}
    assert {row["upstream_name"] for row in from_roots.values()} == {"raw_till.sales"}
    assert {row["rows_count"] for row in from_roots.values()} == {1}
    landed = tasks.lake.catalog.load_table("raw_till.sales").current_snapshot()
    published = tasks.lake.catalog.load_table("gold.daily_sales").history()[-1]
    assert landed is not None
    waited = (published.timestamp_ms - landed.timestamp_ms) / 1000
    assert from_roots["gold.daily_sales"]["lag_seconds"] == pytest.approx(waited, abs=0.01)
    assert tasks.state.of("daily_sales").lag_seconds == pytest.approx(waited, abs=0.01)


def test_a_failing_task_is_suspended_with_its_dependents_and_others_go_on(tasks: TillTasks) -> None:
    """Fault task-fails."""
    tasks.round()
    tasks.land(BROKEN)
    for expected in (1, 2, 3):
        tasks.round(400)
        assert failures(tasks, "daily_sales") == expected
    assert tasks.state.of("daily_sales").suspended == "3 failures in a row"
    assert tasks.lake.rows("gold.sales_total", "till_id")[0]["amount"] == 59, "others go on"
    tasks.restart()
    tasks.land(REPAIRED)
    tasks.round(3600)
    assert tasks.models == ["till__sales", "sales_total"], "suspension outlives the process"
    with pytest.raises(ConfigurationError, match="best_days comes from daily_sales"):
        resume(tasks.settings, tasks.project, "best_days")
    resume(tasks.settings, tasks.project, "daily_sales")
    assert tasks.round(3600) is True
    assert tasks.lake.daily() == [*FIRST, (9, 9, 1)]
    reasons = [row["reason"] for row in tasks.ops("refreshes", "started_at")]
    assert "upstream daily_sales failed" in reasons
    assert "suspended: 3 failures in a row" in reasons
    assert "suspended: upstream daily_sales is suspended" in reasons


def test_runs_by_hand_are_never_skipped_and_their_failures_do_not_count(tasks: TillTasks) -> None:
    tasks.round()
    suspend(tasks.settings, tasks.project, "daily_sales")
    tasks.land(BROKEN)
    number = request(tasks.settings, tasks.project, "daily_sales")
    tasks.round()
    first = answer(tasks.settings, number)
    assert first is not None
    assert first.outcome is Outcome.FAILED
    assert "a negative amount" in first.message
    assert failures(tasks, "daily_sales") == 0
    tasks.land(REPAIRED)
    number = request(tasks.settings, tasks.project, "daily_sales")
    tasks.round()
    second = answer(tasks.settings, number)
    assert second is not None
    assert second.outcome is Outcome.SUCCESS
    assert tasks.lake.daily() == [*FIRST, (9, 9, 1)]
    assert tasks.state.of("daily_sales").suspended == "by hand"


def test_a_state_that_is_lost_loses_and_doubles_nothing(tasks: TillTasks) -> None:
    """Fault refresher-killed: before it notes what it built."""
    tasks.round()
    before = {
        name: tasks.lake.snapshots(name) for name in ("silver.till__sales", "gold.daily_sales")
    }
    shutil.rmtree(tasks.settings.home / "refresh")
    tasks.restart()
    tasks.round(3600)
    assert {name: tasks.lake.snapshots(name) for name in before} == before
    tasks.land(Sale(4, day=3, amount=70))
    shutil.rmtree(tasks.settings.home / "refresh", ignore_errors=True)
    tasks.restart()
    tasks.round(3600)
    assert tasks.lake.daily() == [*FIRST, (3, 70, 1)]


REFRESH = (
    Failpoint.BEFORE_BUILD,
    Failpoint.AFTER_PLAN,
    Failpoint.BEFORE_RECORD,
    Failpoint.AFTER_BUILD,
    Failpoint.AFTER_NOTE,
)


@pytest.mark.parametrize("failpoint", REFRESH)
def test_a_kill_at_any_point_of_a_refresh_loses_and_doubles_nothing(
    tasks: TillTasks, failpoint: Failpoint
) -> None:
    """Fault refresher-killed: what was committed is not built again, the rest is."""
    tasks.round()
    tasks.land(Sale(4, day=3, amount=70), Sale(1, day=2, amount=11, version=2))
    tasks.die_at(failpoint)
    there = len(tasks.lake.snapshots("silver.till__sales"))
    assert there == (1 if failpoint is Failpoint.BEFORE_BUILD else 2)
    for _ in range(4):
        tasks.round(400)
    assert tasks.lake.daily() == [(1, 20, 1), (2, 41, 2), (3, 70, 1)]
    assert tasks.lake.rows("gold.sales_total", "till_id")[0]["amount"] == 131
    assert [row["sold_date"].day for row in tasks.lake.rows("gold.best_days", "place")] == [3]
    assert len(tasks.lake.snapshots("silver.till__sales")) == 2
    assert tasks.round(400) is None


def test_a_run_that_takes_too_long_is_ended_and_has_failed(tasks: TillTasks) -> None:
    """Fault task-too-long."""
    tasks.round()
    tasks.land(Sale(4, day=3, amount=70))
    tasks.limit("daily_sales", 0.5)
    assert tasks.round(4) is False
    assert tasks.state.of("daily_sales").message == "ran longer than 0.5 seconds"
    assert failures(tasks, "sales_total") == 0, "it was interrupted, and runs by itself next"
    tasks.limit("daily_sales", 600)
    while tasks.round(400):
        pass
    assert tasks.lake.daily() == [*FIRST, (3, 70, 1)]
    assert tasks.lake.rows("gold.sales_total", "till_id")[0]["amount"] == 130
