"""Loads of topics that die or race while messages arrive: nothing is lost, nothing doubled."""

import json
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from ingestion.api import ingest
from ingestion.follow import Follower
from ingestion.loading.session import Run
from ingestion.results import Event, IngestOptions, TableProgress
from ingestion.sources import load_sources
from lake.errors import FirnError
from lake.settings import Failpoint, Settings
from operations.maintenance.procedures import Work, apply_plan
from operations.maintenance.run import plan_lake
from operations.runtime.spark import Spark
from sandbox.kafka.broker import EmbeddedKafka
from tests.integration.ingestion.checker import Verdict, judge
from tests.integration.ingestion.fork import KILLED, ended, fork, kill_within
from tests.integration.kafka.topics import SOURCE, Topics, events

pytestmark = pytest.mark.kafka
PARTITIONS = 3
KILLS, SECONDS = 50, 0.5
MESSAGES = 200_000
BURST = 4_000
QUIET_SECONDS = 10  # longer than a step of maintenance
UNLOCKED = (
    "import contextlib, ingestion.api as run;"
    "run.source_lock = lambda *a, **k: contextlib.nullcontext();"
    "run.ingest([])"
)
DEADLINE_SECONDS = 120
TABLE = f"raw_{SOURCE}.events"


def _verdict(topics: Topics, good: int, bad: int = 0) -> Verdict:
    """Compare the offsets in the broker with rows of the lake and of quarantine."""
    sent = [(p, o) for p in range(PARTITIONS) for o in range(topics.ends(p)[1])]
    assert len(sent) == good + bad
    landed = [
        (row["_kafka_partition"], row["_kafka_offset"])
        for row in topics.rows(columns="_kafka_partition, _kafka_offset")
    ]
    places = [json.loads(row["place"]) for row in topics.quarantined()]
    kept = [(int(place["partition"]), int(place["offset"])) for place in places]
    assert (len(landed), len(kept)) == (good, bad)
    return judge(sent, landed + kept)


def _properties(topics: Topics) -> dict[str, str]:
    table = topics.lake.table(TABLE)
    return dict(table.properties) if table else {}


@pytest.fixture
def filled(topics: Topics) -> Topics:
    """Return a topic with good and bad messages; nothing is landed yet."""
    topics.create(partitions=PARTITIONS)
    topics.declare()
    for partition in range(PARTITIONS):
        topics.produce([*events(range(3_000)), b"bad"], partition)
    return topics


def test_a_kill_after_reading(filled: Topics) -> None:
    """Fault kill-before-commit: nothing is written yet, and the next run reads again."""
    filled.ingest()
    before = _properties(filled)
    filled.produce(events(range(100)), 1)
    assert ended(filled.ingest_in_process(Failpoint.AFTER_READ)) == KILLED
    assert _properties(filled) == before
    filled.ingest()
    assert _verdict(filled, 9_100, 3).is_clean


@pytest.mark.parametrize("failpoint", [Failpoint.AFTER_COPY, Failpoint.BEFORE_COMMIT])
def test_a_kill_before_the_commit(filled: Topics, failpoint: Failpoint) -> None:
    """Fault kill-before-commit: what quarantine keeps already is not kept twice."""
    assert ended(filled.ingest_in_process(failpoint)) == KILLED
    assert filled.rows() == []
    filled.ingest()
    assert _verdict(filled, 9_000, 3).is_clean


def test_a_kill_after_the_commit(filled: Topics) -> None:
    """Fault kill-after-commit: the next run goes on from the table's offsets."""
    assert ended(filled.ingest_in_process(Failpoint.AFTER_COMMIT)) == KILLED
    assert filled.ingest().rows_read == 0
    assert _verdict(filled, 9_000, 3).is_clean
    assert len(filled.lake.rows("ops.loads")) == 1


def test_a_gap_that_was_accepted_is_told_after_a_kill(filled: Topics) -> None:
    """Fault kill-after-commit: ops.gaps gets its row from the commit."""
    filled.ingest()
    filled.produce(events(range(10)), 1)
    filled.delete_before(1, 3_005)
    killed = filled.ingest_in_process(Failpoint.AFTER_COMMIT, accept_gap=True)
    assert ended(killed) == KILLED
    assert filled.lake.rows("ops.gaps") == []
    filled.ingest()
    (gap,) = filled.lake.rows("ops.gaps")
    assert (gap["first_missing_offset"], gap["next_offset"]) == (3_001, 3_005)


@contextmanager
def _producing(topics: Topics, messages: int) -> Iterator[threading.Thread]:
    """Write messages in bursts, while the block runs and until all are written."""

    def produce() -> None:
        for first in range(0, messages, BURST):
            numbers = range(first, min(first + BURST, messages))
            topics.produce(events(numbers), partition=first // BURST % PARTITIONS)
            time.sleep(0.2)

    thread = threading.Thread(target=produce)
    thread.start()
    yield thread
    thread.join()


def test_random_kills(topics: Topics) -> None:
    """Fault random-kills: fifty times, while messages go on arriving."""
    topics.create(partitions=PARTITIONS)
    topics.declare()
    rng = random.Random(7)  # noqa: S311 - a seed, no secret
    with _producing(topics, MESSAGES):
        killed = [kill_within(topics.ingest_in_process(), SECONDS, rng) for _ in range(KILLS)]
    assert sum(killed) > KILLS // 3
    topics.ingest(wait=True)
    assert _verdict(topics, MESSAGES).is_clean


def test_random_kills_of_a_follower(topics: Topics) -> None:
    """Fault random-kills: of a process that commits several times a second."""
    topics.create(partitions=PARTITIONS)
    topics.declare()
    rng = random.Random(8)  # noqa: S311 - a seed, no secret
    killed = 0
    with _producing(topics, MESSAGES // 2) as producing:
        while producing.is_alive():
            killed += kill_within(fork(_follow, topics.settings, 0.1), 2 * SECONDS, rng)
    assert killed > 5
    topics.ingest(wait=True)
    assert _verdict(topics, MESSAGES // 2).is_clean


def _follow(settings: Settings, seconds: float) -> None:
    """Follow the topic until killed."""
    (source,) = load_sources(settings.project_dir)
    Follower(Run(settings, IngestOptions(max_rows=5_000)), source, seconds).follow()


@contextmanager
def _followed(topics: Topics) -> Iterator[None]:
    """Let a process follow the topic, and kill it."""
    follower = fork(_follow, topics.settings, 0.7)
    try:
        yield
    finally:
        follower.kill()
        follower.join()


@pytest.mark.spark
def test_maintenance_while_a_follower_commits(topics: Topics) -> None:
    """Fault expired-snapshots: compaction and expiry come between commits, offsets stay."""
    topics.create(partitions=PARTITIONS)
    topics.declare(maintenance={"compact_above": 2, "expire_after": "0 seconds", "keep_last": 1})
    maintained: list[Work] = []
    sent = [0] * PARTITIONS
    is_over, pauses = threading.Event(), [0.05]

    def produce() -> None:
        while not is_over.wait(pauses[-1]):
            partition = sum(sent) // BURST % PARTITIONS
            topics.produce(events(range(BURST // 10)), partition)
            sent[partition] += BURST // 10

    def maintain() -> bool:
        (plan,) = plan_lake(topics.settings, [TABLE])
        try:
            maintained.append(apply_plan(spark, plan))
        except FirnError:  # of two commits at once one is refused
            pauses.append(QUIET_SECONDS)  # on a slow machine none would fit between
        return min(
            sum(work.compacted_files for work in maintained),
            sum(work.expired_snapshots for work in maintained),
            len(maintained),
        ) >= 3  # fmt: skip

    producing = threading.Thread(target=produce)
    with _followed(topics), Spark(topics.settings) as spark:
        spark.sql("select 1")
        producing.start()
        topics.until(lambda: topics.lake.snapshots(TABLE) > 0)
        end = time.monotonic() + DEADLINE_SECONDS
        while not maintain():
            assert time.monotonic() < end, maintained
        is_over.set()
        producing.join()
    topics.ingest(wait=True)
    assert _verdict(topics, sum(sent)).is_clean


def test_two_at_once(filled: Topics) -> None:
    """Fault two-loads-at-once: with the lock out of the way, the commit decides."""
    processes = [filled.start_python(UNLOCKED) for _ in range(2)]
    for process in processes:
        _, errors = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, errors
    assert _verdict(filled, 9_000, 3).is_clean


def test_a_reader_that_was_paused(filled: Topics) -> None:
    """Fault stalled-process: it wakes after another has landed the same, and plans again."""
    pausing = (
        "import os, signal, contextlib, ingestion.api as run;"
        "from ingestion.raw_tables.landing import Landing;"
        "stage = Landing._stage;"
        "seen = [];\n"
        "def paused(self):\n"
        "    if not seen:\n"
        "        seen.append(1); os.kill(os.getpid(), signal.SIGSTOP)\n"
        "    return stage(self)\n"
        "Landing._stage = paused\n" + UNLOCKED
    )
    process = filled.start_python(pausing)
    known = psutil.Process(process.pid)
    filled.until(lambda: known.status() == psutil.STATUS_STOPPED)
    filled.start_python(UNLOCKED).communicate(timeout=DEADLINE_SECONDS)
    assert len(filled.rows()) == 9_000
    process.send_signal(signal.SIGCONT)
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, errors
    assert _verdict(filled, 9_000, 3).is_clean


def test_a_terminated_load_ends_at_once_and_frees_the_lock(topics: Topics) -> None:
    """Fault terminated-load."""
    topics.create(partitions=PARTITIONS)
    topics.declare()
    topics.produce(events(range(2_000)))
    pausing = (
        "import time; from ingestion.raw_tables.landing import Landing;"
        "write = Landing.write\n"
        "def slow(self, rows):\n"
        "    write(self, rows); print('writing', flush=True); time.sleep(60)\n"
        "Landing.write = slow\n"
        "import sys; sys.argv = ['firn', 'ingest']; from operations.cli.app import main; main()"
    )
    process = topics.start_python(pausing)
    assert process.stdout is not None
    while "writing" not in process.stdout.readline():
        assert process.poll() is None
    process.terminate()
    process.communicate(timeout=10)
    assert process.returncode not in (0, None)
    assert topics.rows() == []
    topics.ingest()
    assert _verdict(topics, 2_000).is_clean


def test_a_broker_that_restarts_in_the_middle_of_a_load(
    topics: Topics, broker: EmbeddedKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault broker-down: the load waits for it, and goes on."""
    monkeypatch.setattr("ingestion.connectors.kafka.reading.CHUNK_MESSAGES", 500)
    topics.create(partitions=PARTITIONS)
    topics.declare()
    for partition in range(PARTITIONS):
        topics.produce(events(range(30_000)), partition)
    restarted: list[int] = []

    def restart(event: Event) -> None:
        if isinstance(event, TableProgress) and event.rows_read > 5_000 and not restarted:
            restarted.append(event.rows_read)
            broker.kill()
            broker.start()

    (result,) = ingest([], None, topics.settings, restart)
    assert result.rows_landed == 30_000 * PARTITIONS
    assert restarted[0] < 30_000 * PARTITIONS
    assert _verdict(topics, 30_000 * PARTITIONS).is_clean


def test_a_broker_that_goes_and_comes_back(topics: Topics, broker: EmbeddedKafka) -> None:
    """Fault broker-down: a load fails cleanly without it, and goes on where it was after that."""
    topics.create(partitions=PARTITIONS)
    topics.declare()
    topics.produce(events(range(1_000)))
    topics.ingest()
    topics.produce(events(range(1_000, 2_000)))
    broker.kill()
    with pytest.MonkeyPatch.context() as impatient:
        impatient.setattr("ingestion.connectors.kafka.cluster.REQUEST_SECONDS", 3)
        with pytest.raises(FirnError, match="does not answer"):
            topics.ingest()
    broker.start()
    topics.ingest()
    assert _verdict(topics, 2_000).is_clean
