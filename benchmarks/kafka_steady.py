"""A commit every two seconds: what the first hundred take, and the last -> docs/benchmarks.md.

Run it with `make bench-kafka-steady`, or `python -m benchmarks.kafka_steady --help`.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer
from rich.console import Console

from benchmarks.clickstream_topic import ClickstreamTopic, Totals, events, send, topic_of
from benchmarks.contest import Stage
from benchmarks.contestants.firn_topic import make_project
from benchmarks.machine import describe_machine, load_per_core, own_versions
from benchmarks.program import listed, page_of, work_folder
from benchmarks.report import idleness, verdict, write_section
from ingestion.connectors.base import ConnectorContext
from ingestion.connectors.registry import connector_of
from ingestion.loading.load import LoadContext, load_table
from ingestion.personal_data import Tokeniser
from ingestion.raw_tables.landing import Landing
from ingestion.results import IngestOptions
from ingestion.sources import load_sources
from lake.expiry import Kept, expire_snapshots
from lake.lake import Lake
from lake.settings import Settings
from operations.cli.faults import named_faults
from sandbox.kafka.broker import EmbeddedKafka

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
TITLE = "Steady loads from Kafka"
STANDARD_COMMITS, STANDARD_EVENTS, STANDARD_PACE = 1_000, 40_000, 2.0
AIM_SECONDS = 0.040
EXPIRY_SECONDS = 60.0
KEPT = Kept(younger_than=timedelta(minutes=10), newest=100)
GROUP = 100
PACKAGES = ("pyiceberg", "pyarrow", "confluent-kafka")
ABOUT = """
One process that loads the clickstream's topic again and again: each load consumes what has come
since, parses it and commits it to the raw table with the offsets. *Commit* is from the finished
data file to the catalog's answer: manifest, list of manifests, metadata file, compare and set.
*Load* is all of it, the questions to the broker included. Once a minute snapshots expire that are
older than ten minutes, as a follower lets them do after an hour; *expiry* is all of that.
"""


@dataclass(frozen=True)
class Round:
    """One load: what it took in all and for the commit, in seconds, and the CPU time of both."""

    load: float
    commit: float
    load_cpu: float
    commit_cpu: float


@dataclass(frozen=True)
class Steady:
    """All loads in turn, and the seconds of each expiry with how many snapshots it let go."""

    loads: list[Round]
    expiries: list[tuple[float, int]]


@dataclass(frozen=True)
class Percentiles:
    """The middle of some seconds, and what one in a hundred exceeds."""

    middle: float
    late: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Percentiles:
        """Find them."""
        late = statistics.quantiles(seconds, n=100, method="inclusive")[98]
        return cls(statistics.median(seconds), late)

    def __str__(self) -> str:
        """Return both as milliseconds, as cells of a table."""
        return f"{self.middle * 1e3:.1f} | {self.late * 1e3:.1f}"


class Clock:
    """Times what it wraps: the last call's seconds, and its CPU seconds in all threads."""

    def __init__(self) -> None:
        """Make one that has timed nothing yet."""
        self.seconds = self.cpu_seconds = 0.0

    def timed(self, work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        """Return `work`, timed."""

        def run(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
            started, cpu = time.perf_counter(), time.process_time()
            try:
                return work(*arguments, **named)
            finally:
                self.seconds = time.perf_counter() - started
                self.cpu_seconds = time.process_time() - cpu

        return run


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
@named_faults
def main(
    *,
    commits: Annotated[int, typer.Option(help="Loads, one after the other.", min=3)] = 1_000,
    events: Annotated[int, typer.Option(help="Events in each.", min=1)] = STANDARD_EVENTS,
    pace: Annotated[
        float, typer.Option(help="Seconds from load to load; 0: as fast as it goes.", min=0)
    ] = STANDARD_PACE,
    keep: Annotated[bool, typer.Option(help="Keep the broker's data and the lake.")] = False,
) -> None:
    """Measure, and write what came out to docs/benchmarks.md.

    A trial (fewer or smaller loads, another pace) is written to FIRN_HOME/bench/benchmarks.md.
    """
    out = Console(highlight=False, soft_wrap=True)
    settings = Settings.load()
    conditions = {"machine": describe_machine(), "the machine was": idleness(load_per_core())}
    folder = work_folder(settings) / "kafka-steady"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    broker = EmbeddedKafka(folder / "broker", settings, {"log.retention.bytes": "500000000"})
    broker.start()
    try:
        make_project(settings.project_dir, folder, broker.servers)
        steady = _measure(folder, broker.servers, (commits, events, pace), out)
    finally:
        broker.destroy()
    if not keep:
        shutil.rmtree(folder)
    conditions["loads"] = f"{commits:,} of {events:,} events, one every {pace:g} s"
    conditions["environment"] = listed(own_versions(PACKAGES))
    is_trial = commits < STANDARD_COMMITS or events < STANDARD_EVENTS or pace != STANDARD_PACE
    page = page_of(settings, is_trial=is_trial)
    write_section(page, TITLE, section(steady, conditions, events))
    out.print(f"Written to {page}")


def _measure(folder: Path, servers: str, plan: tuple[int, int, float], out: Console) -> Steady:
    """Produce and load in turn, each load at its time."""
    commits, count, pace = plan
    settings = Settings(project_dir=folder / "project", home=folder / "home")
    source = load_sources(settings.project_dir)[0]
    table = next(t for t in source.tables if topic_of(Stage.TOPIC) in getattr(t, "topics", ()))
    topic = ClickstreamTopic(servers, topic_of(Stage.TOPIC), 0, folder)
    topic.ensure()
    kind = connector_of(source)
    surroundings = ConnectorContext(settings, lambda: Tokeniser(settings.token_key))
    producer = topic.producer()
    made = events(0, count, Totals())
    clock, steady = Clock(), Steady([], [])
    original = Landing.commit
    Landing.commit = clock.timed(original)  # type: ignore[method-assign]
    try:
        with kind.connect(source, surroundings) as connector:
            lake = Lake(settings)
            context = LoadContext(lake, kind, connector, IngestOptions(), lambda _: None)
            next_start = next_expiry = time.monotonic()
            for number in range(commits):
                send(producer, topic.name, made)
                producer.flush()
                time.sleep(max(0.0, next_start - time.monotonic()))
                next_start = max(next_start, time.monotonic()) + pace
                whole = Clock()
                result, _ = whole.timed(load_table)(context, table)
                if result.error is not None or result.rows_landed != count:
                    raise SystemExit(f"load {number + 1}: {result}")
                steady.loads.append(
                    Round(whole.seconds, clock.seconds, whole.cpu_seconds, clock.cpu_seconds)
                )
                if time.monotonic() >= next_expiry:
                    next_expiry = time.monotonic() + EXPIRY_SECONDS
                    gone = whole.timed(expire_snapshots)(lake, table.identifier, KEPT)
                    steady.expiries.append((whole.seconds, gone))
                if (number + 1) % GROUP == 0:
                    recent = Percentiles.of([r.commit for r in steady.loads[-GROUP:]])
                    out.print(f"{number + 1:,} commits; median | 99th percentile, ms: {recent}")
    finally:
        Landing.commit = original  # type: ignore[method-assign]
    return steady


def section(steady: Steady, conditions: dict[str, str], events: int) -> str:
    """Return the part of the page: the first and the last loads, expiry, and the targets."""
    size = min(GROUP, len(steady.loads) // 3)
    rounds = steady.loads[1:]  # the first one makes the table, and imports what it needs
    first, last = rounds[:size], rounds[-size:]
    head = "| | median, ms | 99th percentile, ms |"
    rows = [head, "|---|---:|---:|"]
    for label, name in (
        ("commit", "commit"),
        ("commit, CPU", "commit_cpu"),
        ("load", "load"),
        ("load, CPU", "load_cpu"),
    ):
        for which, some in ((f"first {size}", first), (f"last {size}", last)):
            seconds = [getattr(measured, name) for measured in some]
            rows.append(f"| {label}, {which} | {Percentiles.of(seconds)} |")
    expiries = [seconds for seconds, gone in steady.expiries if gone]
    if len(expiries) > 1:  # there are no percentiles of one
        rows.append(f"| expiry, {len(expiries)} times | {Percentiles.of(expiries)} |")
    late = Percentiles.of([r.commit for r in rounds]).late
    growth = Percentiles.of([r.commit for r in last]).middle / (
        Percentiles.of([r.commit for r in first]).middle
    )
    cpu = statistics.mean(r.load_cpu for r in rounds) / events * 1e6
    lines = {"date": datetime.now(UTC).date().isoformat()} | conditions
    lines["snapshots expired"] = f"{sum(gone for _, gone in steady.expiries):,}"
    lines["CPU"] = f"{cpu:.2f} microseconds an event, all of the load"
    targets = [
        "### Targets",
        "",
        "| target | measured | |",
        "|---|---:|---|",
        f"| 99th percentile of a commit at most {AIM_SECONDS * 1e3:g} ms | {late * 1e3:.1f} ms"
        f" | {verdict(late <= AIM_SECONDS)} |",
        f"| the last commits take at most 1.5 times the first ones | {growth:.2f} times"
        f" | {verdict(growth <= 1.5)} |",
    ]
    parts = [
        f"## {TITLE}",
        ABOUT.strip(),
        "\n".join(f"- {name}: {value}" for name, value in lines.items()),
        "\n".join(rows),
        "\n".join(targets),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    app()
