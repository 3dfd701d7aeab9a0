"""Runs end: what readers see before, while and after it is published, and what is refused."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from lake.empty_commit import commit_nothing
from lake.errors import ConflictError, EnvironmentFault
from lake.lake import Lake
from lake.metadata_commit import NextMetadata, commit_together
from operations.publication import publish as publishing
from operations.publication.book import HELD, read_publications, read_state
from operations.publication.branches import REJECTED, resume, stage
from operations.publication.rollback import release, roll_back
from operations.publication.run import INVOCATION
from tests.unit.operations.publication.gold_lake import (
    FACTS,
    GREEN,
    RED,
    TOTALS,
    GoldLake,
    rows,
)

Commit = Callable[[Lake, Sequence[NextMetadata]], None]


@pytest.fixture
def gold(tmp_path: Path) -> GoldLake:
    """Return a lake of its own."""
    return GoldLake(tmp_path / "home")


def test_readers_see_a_run_when_it_is_published(gold: GoldLake) -> None:
    run = gold.begin("one")
    gold.write(run, {1: 10, 2: 20})
    assert gold.read() == ({}, 0)

    result = gold.publish(run)

    assert gold.read() == ({1: 10, 2: 20}, 30)
    assert set(result.published) == {FACTS, TOTALS}
    assert gold.refs() == {"main"}
    assert result.rejected == ()


def test_the_book_says_what_readers_see(gold: GoldLake) -> None:
    gold.run("one", {1: 10, 2: 20})
    gold.run("two", {1: 10})

    later, first = read_publications(gold.lake)

    assert [first.publication_id, later.publication_id] == [1, 2]
    assert (later.invocation_id, later.target, later.areas) == ("two", "dev", ("shop",))
    assert later.tests == {"pass": 2}
    assert [first.tables["gold.facts"].rows, later.tables["gold.facts"].rows] == [2, 1]
    for entry, amounts in ((first, [10, 20]), (later, [10])):
        snapshot = entry.tables["gold.facts"].snapshot_id
        found = gold.table(FACTS).scan(snapshot_id=snapshot).to_arrow()
        assert sorted(found["amount"].to_pylist()) == amounts


def test_a_table_that_a_run_did_not_write_is_in_the_set_all_the_same(gold: GoldLake) -> None:
    gold.run("one", {1: 10})
    before = gold.table(TOTALS).current_snapshot()
    run = gold.begin("two")
    assert before
    for table in (FACTS, TOTALS):
        stage(gold.lake, table, run.branch)
    gold.table(FACTS).append(rows({2: 0}), branch=run.branch)

    result = gold.publish(run)

    assert (result.published, result.rejected) == ((FACTS,), ())
    assert gold.refs(TOTALS) == {"main"}
    [entry] = read_publications(gold.lake, 1)
    assert entry.tables["gold.totals"].snapshot_id == before.snapshot_id


def test_a_run_that_wrote_nothing_publishes_nothing(gold: GoldLake) -> None:
    gold.run("one", {1: 10})

    result = gold.publish(gold.begin("two"))

    assert result.publication is None
    assert read_state(gold.lake).publication_id == 1


def test_a_red_area_stays_as_it_was_and_can_be_looked_at(gold: GoldLake) -> None:
    gold.run("one", {1: 10})
    run = gold.begin("t-w-o")
    gold.write(run, {1: -1})

    result = gold.publish(run, [RED])

    assert gold.read() == ({1: 10}, 10)
    assert set(result.rejected) == {FACTS, TOTALS}
    assert result.objections == ("shop: test x: fail",)
    assert gold.refs() == {"main", f"{REJECTED}t_w_o"}
    tag = gold.table(FACTS).metadata.refs[f"{REJECTED}t_w_o"]
    refused = gold.table(FACTS).scan(snapshot_id=tag.snapshot_id).to_arrow()
    assert refused["amount"].to_pylist() == [-1]


def test_of_refused_runs_the_last_one_is_kept(gold: GoldLake) -> None:
    for invocation in ("one", "two"):
        run = gold.begin(invocation)
        gold.write(run, {1: 10})
        gold.publish(run, [RED])
    assert gold.refs() == {"main", f"{REJECTED}two"}


def test_a_green_area_is_published_beside_a_red_one(gold: GoldLake) -> None:
    run = gold.begin("one")
    gold.write(run, {1: 10})
    facts = replace(GREEN, name="a", tables=(FACTS,))
    totals = replace(RED, name="b", tables=(TOTALS,))

    result = gold.publish(run, [facts, totals])

    assert (result.published, result.rejected) == ((FACTS,), (TOTALS,))
    assert result.publication
    assert result.publication.areas == ("a",)


def test_of_two_runs_from_the_same_state_the_later_is_refused(gold: GoldLake) -> None:
    gold.run("zero", {1: 1})
    first, second = gold.begin("one"), gold.begin("two")
    gold.write(first, {1: 10})
    gold.write(second, {1: 20})
    gold.publish(first)

    with pytest.raises(ConflictError, match="gold.facts was changed by another run"):
        gold.publish(second)

    assert gold.read() == ({1: 10}, 10)
    assert gold.refs() == {"main", f"{REJECTED}two"}


def test_two_runs_that_publish_at_once_are_never_mixed(gold: GoldLake) -> None:
    gold.run("zero", {1: 1})
    for turn in range(5):
        runs = [gold.begin(f"{turn}{side}") for side in "ab"]
        for run, amount in zip(runs, (10, 20), strict=True):
            gold.write(run, {1: amount, 2: turn})
        with ThreadPoolExecutor(2) as pool:
            ended = [pool.submit(gold.publish, run) for run in runs]
        faults = [one.exception() for one in ended]
        facts, total = gold.read()
        assert sum(facts.values()) == total
        assert [type(fault) for fault in faults if fault] == [ConflictError]
        assert read_state(gold.lake).publication_id == turn + 2


def test_what_compaction_wrote_meanwhile_is_no_conflict(gold: GoldLake) -> None:
    gold.run("one", {1: 10})
    run = gold.begin("two")
    gold.write(run, {1: 10, 2: 20})
    commit_nothing(gold.lake, FACTS, {})  # a commit that moves no row, as compaction

    gold.publish(run)

    assert gold.read() == ({1: 10, 2: 20}, 30)


def test_a_run_from_before_a_rollback_is_refused(gold: GoldLake) -> None:
    gold.run("one", {1: 10})
    gold.run("two", {1: 20})
    run = gold.begin("three")
    gold.write(run, {1: 30})
    roll_back(gold.lake, 1)
    roll_back(gold.lake, 2)  # main is what the run began from, by its rows

    with pytest.raises(ConflictError, match="rolled back \\(publication 4\\)"):
        gold.publish(run)

    assert gold.read() == ({1: 20}, 20)


def test_a_run_goes_on_from_one_that_was_refused(gold: GoldLake) -> None:
    gold.run("one", {1: 10})
    refused = gold.begin("two")
    gold.write(refused, {1: 20})
    gold.publish(refused, [RED])

    run = gold.begin("three")
    assert set(resume(gold.lake, (FACTS, TOTALS), "two", "three")) == {FACTS, TOTALS}
    assert gold.refs() == {"main", run.branch}
    gold.publish(run)

    assert gold.read() == ({1: 20}, 20)


def test_nobody_goes_on_from_what_others_have_passed(gold: GoldLake) -> None:
    gold.run("one", {1: 10})
    refused = gold.begin("two")
    gold.write(refused, {1: 20})
    gold.publish(refused, [RED])
    roll_back(gold.lake, 1)
    gold.table(FACTS).append(rows({2: 0}))  # somebody else's; the tag of totals alone would follow

    gold.begin("three")

    assert resume(gold.lake, (FACTS, TOTALS), "two", "three") == ()
    assert gold.refs(TOTALS) == {"main", f"{REJECTED}two"}


def test_nothing_is_published_while_held(gold: GoldLake) -> None:
    gold.run("one", {1: 10})
    gold.run("two", {1: 20})
    roll_back(gold.lake, 1, hold=True)

    held = gold.run("three", {1: 30})

    assert held.publication is None
    assert held.objections[0].startswith("publishing is held: since ")
    assert gold.read() == ({1: 10}, 10)
    assert release(gold.lake)
    assert not release(gold.lake)
    gold.run("four", {1: 40})
    assert gold.read() == ({1: 40}, 40)


def test_a_hold_that_comes_while_publishing_is_obeyed(
    gold: GoldLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state was read before the hold: the book's page is then of an older book."""
    gold.run("one", {1: 10})
    gold.run("two", {1: 20})
    run = gold.begin("three")
    gold.write(run, {1: 30})

    def commit(lake: Lake, written: Sequence[NextMetadata]) -> None:
        monkeypatch.setattr(publishing, "commit_together", commit_together)
        roll_back(gold.lake, 1, hold=True)
        commit_together(lake, written)

    monkeypatch.setattr(publishing, "commit_together", commit)
    with pytest.raises(ConflictError, match="publishing is held"):
        gold.publish(run)
    assert gold.read() == ({1: 10}, 10)


def test_the_next_run_removes_what_a_dead_one_left(gold: GoldLake) -> None:
    gold.run("one", {1: 10})
    dead = gold.begin("two")  # of this very process, which runs one command after the other
    gold.write(dead, {1: 20})

    assert gold.run("three", {1: 30}).publication
    assert gold.refs() == {"main"}
    assert gold.read() == ({1: 30}, 30)


def test_the_branch_of_a_living_run_stays(gold: GoldLake, monkeypatch: pytest.MonkeyPatch) -> None:
    gold.run("one", {1: 10})
    living = gold.begin("two")
    gold.write(living, {1: 20})
    monkeypatch.setattr("operations.publication.run.os.getpid", lambda: 1)

    gold.begin("three")

    assert living.branch in gold.refs()


def test_a_log_never_goes_back_in_time(gold: GoldLake) -> None:
    gold.run("one", {1: 10})
    run = gold.begin("two")
    gold.write(run, {1: 20})

    with time_machine.travel(datetime.now(UTC) - timedelta(days=365)):
        gold.publish(run)
        roll_back(gold.lake, 1)

    log = gold.table(FACTS).metadata.snapshot_log
    times = [entry.timestamp_ms for entry in log]
    assert len(times) == 4  # as it was made, two runs, a rollback
    assert times == sorted(times)
    assert gold.table(FACTS).metadata.last_updated_ms >= times[-1]


def test_a_catalog_that_did_not_say_that_it_committed(
    gold: GoldLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = gold.begin("one")
    gold.write(run, {1: 10})

    def commit(lake: Lake, written: Sequence[NextMetadata]) -> None:
        commit_together(lake, written)
        raise EnvironmentFault("the connection was lost")

    monkeypatch.setattr(publishing, "commit_together", commit)
    assert gold.publish(run).publication
    assert gold.read() == ({1: 10}, 10)
    assert len(read_publications(gold.lake)) == 1


def test_a_catalog_that_did_not_commit(gold: GoldLake, monkeypatch: pytest.MonkeyPatch) -> None:
    gold.run("one", {1: 10})
    run = gold.begin("two")
    gold.write(run, {1: 20})

    def commit(_lake: Lake, _written: Sequence[NextMetadata]) -> None:
        raise EnvironmentFault("the catalog is away")

    monkeypatch.setattr(publishing, "commit_together", commit)
    with pytest.raises(EnvironmentFault, match="is away"):
        gold.publish(run)
    assert gold.read() == ({1: 10}, 10)
    assert len(read_publications(gold.lake)) == 1


def test_commits_say_which_run_made_them(gold: GoldLake) -> None:
    run = gold.begin("one")
    assert run.snapshot_properties[INVOCATION] == "one"
    assert len(run.git_commit.removesuffix("-dirty")) == 40


def _poll(gold: GoldLake, commit: Commit, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Publish and roll back while somebody reads; return how many reads were whole and not."""
    monkeypatch.setattr(publishing, "commit_together", commit)
    monkeypatch.setattr("operations.publication.rollback.commit_together", commit)
    gold.run("zero", {1: 1})
    ended, seen = threading.Event(), [0, 0]

    def read() -> None:
        while not ended.is_set():
            facts, total = gold.read()
            seen[sum(facts.values()) != total] += 1

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(15):
        gold.run(str(turn), {1: turn, 2: turn * turn})
    roll_back(gold.lake, 3)
    ended.set()
    reader.join()
    return seen[0], seen[1]


def test_who_reads_all_the_time_sees_whole_sets(
    gold: GoldLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, halves = _poll(gold, commit_together, monkeypatch)
    assert whole > 20
    assert halves == 0


def test_who_reads_would_see_halves_without_the_transaction(
    gold: GoldLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_by_one(lake: Lake, written: Sequence[NextMetadata]) -> None:
        for one in written:
            commit_together(lake, [one])
            time.sleep(0.05)

    _, halves = _poll(gold, one_by_one, monkeypatch)
    assert halves > 0


def test_a_hold_is_a_property_of_the_book(gold: GoldLake) -> None:
    gold.run("one", {1: 10})
    gold.run("two", {1: 20})
    roll_back(gold.lake, hold=True)
    assert gold.table(("ops", "publications")).properties[HELD] == read_state(gold.lake).held
