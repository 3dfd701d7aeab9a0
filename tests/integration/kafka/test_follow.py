"""A topic that is followed: commits by time and size, a clean end, faults that pass or stay."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import psutil
import pytest

from ingestion.follow import Follower
from ingestion.loading.session import Run
from ingestion.results import Event, IngestOptions, LoadResult, Outcome, Retrying
from ingestion.sources import load_sources
from lake.errors import DataLossError, FirnError, LoadError
from lake.lake import Lake
from operations.maintenance.policies import Policies
from operations.refresh.follow import Expiry
from sandbox.kafka.broker import EmbeddedKafka
from tests.integration.kafka.topics import SOURCE, Topics, events

pytestmark = pytest.mark.kafka
COMMAND = "import sys; sys.argv = {}; from operations.cli.app import main; main()"


@dataclass
class Following:
    """A follower in a thread, what it told, and how it ended."""

    topics: Topics
    events: list[Event] = field(default_factory=list)
    is_over: bool = False
    error: FirnError | None = None

    def landed(self) -> list[LoadResult]:
        """Return the loads that landed something so far."""
        loads = [event for event in self.events if isinstance(event, LoadResult)]
        return [load for load in loads if load.outcome is Outcome.LANDED]

    def rows(self) -> int:
        """Return how many rows have landed."""
        return sum(load.rows_landed for load in self.landed())

    def until_rows(self, count: int) -> None:
        """Wait until so many rows have landed."""
        self.topics.until(lambda: self.rows() >= count or self.error is not None)
        assert self.rows() == count, self.error

    def run(self, seconds: float, rows: int | None, upkeep: Callable[[], None]) -> None:
        """Follow until asked to end."""
        (source,) = load_sources(self.topics.folder)
        options = IngestOptions(max_rows=rows)
        run = Run(self.topics.settings, options, self.events.append, lambda: self.is_over)
        try:
            Follower(run, source, seconds, upkeep).follow()
        except FirnError as error:
            self.error = error


@contextmanager
def _followed(
    topics: Topics,
    seconds: float = 0.1,
    rows: int | None = None,
    upkeep: Callable[[], None] = lambda: None,
) -> Iterator[Following]:
    following = Following(topics)
    thread = threading.Thread(target=following.run, args=(seconds, rows, upkeep))
    thread.start()
    try:
        yield following
    finally:
        following.is_over = True
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture
def started(topics: Topics) -> Topics:
    """Return a topic of two partitions that is declared, and empty."""
    topics.create(partitions=2)
    topics.declare()
    return topics


def test_what_arrives_is_committed_after_a_while(started: Topics) -> None:
    with _followed(started) as following:
        for burst in range(3):
            started.produce(events(range(burst * 10, burst * 10 + 10)), partition=burst % 2)
            following.until_rows(burst * 10 + 10)
    assert following.error is None
    assert started.ids() == list(range(30))
    landed = [load.rows_landed for load in following.landed() if load.rows_landed]
    assert len(landed) >= 3
    recorded = [row["rows_landed_count"] for row in started.lake.rows("ops.loads")]
    assert [count for count in recorded if count] == landed


def test_a_backlog_is_committed_in_parts_without_a_pause(started: Topics) -> None:
    for partition in (0, 1):
        started.produce(events(range(partition, 10_000, 2)), partition)
    with _followed(started, seconds=3600, rows=3_000) as following:
        following.until_rows(10_000)
    loads = following.landed()
    assert max(load.rows_landed for load in loads) <= 3_000
    assert len(loads) == 4
    assert [sum(load.lag.values()) for load in loads] == [10_000, 7_000, 4_000, 1_000]
    assert started.ids() == list(range(10_000))


def test_what_was_read_when_it_is_over_is_committed(
    started: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.connectors.kafka.reading.CHUNK_MESSAGES", 500)
    started.produce(events(range(100_000)))
    with _followed(started, seconds=3600) as following:
        started.until(lambda: len(following.events) > 3)
    assert following.error is None
    landed = following.rows()
    assert 0 < landed < 100_000
    assert started.ingest().rows_landed == 100_000 - landed
    assert started.ids() == list(range(100_000))


def test_partitions_that_are_added(started: Topics) -> None:
    """Fault partition-added."""
    with _followed(started) as following:
        started.produce(events([1]))
        following.until_rows(1)
        started.add_partitions(4)
        started.produce(events([2, 3]), partition=3)
        following.until_rows(3)
    assert started.ids() == [1, 2, 3]


def test_other_loads_come_in_between(started: Topics) -> None:
    with _followed(started) as following:
        started.produce(events([1]))
        following.until_rows(1)
        started.produce(events([2]))
        started.ingest(wait=True)
        started.until(lambda: started.ids() == [1, 2])
        started.produce(events([3]))
        started.until(lambda: started.ids() == [1, 2, 3])
    assert following.error is None


def test_a_broker_that_goes_and_comes_back(started: Topics, broker: EmbeddedKafka) -> None:
    """Fault broker-down: a follower tries again until it is there."""
    with pytest.MonkeyPatch.context() as impatient:
        impatient.setattr("ingestion.connectors.kafka.cluster.REQUEST_SECONDS", 1)
        impatient.setattr("ingestion.follow.LONGEST_RETRY_SECONDS", 0.5)
        with _followed(started) as following:
            started.produce(events([1]))
            following.until_rows(1)
            broker.kill()
            started.until(lambda: any(isinstance(e, Retrying) for e in following.events))
            broker.start()
            started.produce(events([2]))
            following.until_rows(2)
    assert following.error is None
    assert started.ids() == [1, 2]


def test_lost_messages_end_it(started: Topics) -> None:
    """Fault lost-offsets: a follower does not pass them over."""
    with _followed(started) as following:
        started.produce(events([1]))
        following.until_rows(1)
    started.produce(events(range(2, 12)))
    started.delete_before(0, 6)
    with _followed(started) as following:
        started.until(lambda: following.error is not None)
    assert isinstance(following.error, DataLossError)
    assert "[0] from offset 1 to 5" in following.error.message
    assert started.ids() == [1]


def test_too_many_bad_ones_end_it_with_what_was_read(started: Topics) -> None:
    """Fault poison: a follower stops, and what it read is safe."""
    started.produce([b"bad"] * 300 + [*events([1])])
    with _followed(started) as following:
        started.until(lambda: following.error is not None)
    assert isinstance(following.error, LoadError)
    assert (len(started.quarantined()), started.ids()) == (300, [1])


def test_old_snapshots_expire(started: Topics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.follow.UPKEEP_SECONDS", 0)
    monkeypatch.setattr("operations.refresh.follow.EXPIRE_AFTER", timedelta())
    (source,) = load_sources(started.folder)
    expiry = Expiry(Lake(started.settings), source, Policies({}))
    with _followed(started, upkeep=expiry.run) as following:
        for number in range(15):
            started.produce(events([number]))
            following.until_rows(number + 1)
    kept = Policies({}).of("").keep_last
    assert started.lake.snapshots(f"raw_{SOURCE}.events") <= kept + 1
    assert started.ids() == list(range(15))


# the command


def _command(topics: Topics, *options: str) -> "subprocess.Popen[str]":
    arguments = ["firn", "ingest", SOURCE, "--follow", *options]
    return topics.start_python(COMMAND.format(arguments))


def _end(process: "subprocess.Popen[str]") -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    said, errors = process.communicate(timeout=30)
    return process.returncode, said + errors


def test_sigterm_ends_it_with_all_it_read(started: Topics) -> None:
    """Fault terminated-load: a follower ends cleanly, exit code 0."""
    process = _command(started, "--every", "0.2")
    sent = 0
    while sent < 20_000:
        started.produce(events(range(sent, sent + 1_000)))
        sent += 1_000
    started.until(lambda: len(started.rows()) > 0)
    code, said = _end(process)
    assert code == 0, said
    assert "ended" in said
    started.ingest()
    assert started.ids() == list(range(20_000))
    loads = started.lake.rows("ops.loads")
    assert sum(row["rows_landed_count"] for row in loads) == 20_000


def test_a_second_one_takes_over_when_the_first_ends(started: Topics) -> None:
    first = _command(started, "--every", "0.2")
    started.produce(events([1]))
    started.until(lambda: started.ids() == [1])
    second = _command(started, "--every", "0.2")
    assert second.stdout is not None
    while "takes over" not in second.stdout.readline():
        assert second.poll() is None
    psutil.Process(first.pid).kill()
    first.communicate()
    started.produce(events([2]))
    started.until(lambda: started.ids() == [1, 2])
    code, said = _end(second)
    assert code == 0, said


def test_its_loads_are_recorded_after_a_kill(started: Topics) -> None:
    """Fault kill-after-commit: ops.loads gets all loads that a follower had not written yet."""
    process = _command(started, "--every", "0.1")
    for number in range(3):
        started.produce(events([number]))
        started.until(lambda: len(started.ids()) > number)  # noqa: B023 - it ends within the round
    process.kill()
    process.communicate()
    assert len(started.lake.rows("ops.loads")) == 0
    started.ingest()
    assert len(started.lake.rows("ops.loads")) == 3


def test_it_follows_one_source_alone(started: Topics) -> None:
    other = (started.folder / "models" / "raw" / f"{SOURCE}.yml").read_text()
    file = started.folder / "models" / "raw" / "other.yml"
    file.write_text(other.replace(SOURCE, "other"))
    arguments = ["firn", "ingest", "--follow"]
    process = started.start_python(COMMAND.format(arguments))
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "a follower follows one source, selected are clicks, other" in errors


def test_rounds_begin_at_intervals(started: Topics) -> None:
    with _followed(started, seconds=0.5) as following:
        began = time.monotonic()
        started.until(lambda: len(following.events) >= 4)
    assert 1.4 < time.monotonic() - began < 6
