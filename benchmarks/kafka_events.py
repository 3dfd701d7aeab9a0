"""A clickstream's topic drained into Iceberg: Firn, a script, dlt, Spark -> docs/benchmarks.md.

Run it with `make bench-kafka`, or `python -m benchmarks.kafka_events --help`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.clickstream_topic import CHECKSUM, PARTITIONS, ClickstreamTopic, topic_of
from benchmarks.contest import Arena, Contestant, Stage
from benchmarks.contestants.consume_floor import ConsumeFloor
from benchmarks.contestants.dlt_topic import DltTopic
from benchmarks.contestants.firn_topic import FirnTopic
from benchmarks.contestants.script_topic import ScriptTopic
from benchmarks.contestants.spark_topic import SparkTopic
from benchmarks.contestants.topic_contestant import TopicContestant
from benchmarks.contestants.usual_script_topic import UsualScriptTopic
from benchmarks.figures import Figures, Reached, Target
from benchmarks.machine import describe_machine, load_per_core, own_versions, peer_versions
from benchmarks.program import (
    COMPILED_ONCE,
    STANDARD_ROUNDS,
    chosen,
    limits_of,
    listed,
    page_of,
    peers_environment,
    say,
    work_folder,
)
from benchmarks.report import Section, idleness, write_section
from benchmarks.rounds import Contest, Terms
from benchmarks.verify import differences
from lake.settings import Settings
from operations.cli.faults import named_faults
from sandbox.kafka.broker import EmbeddedKafka

CONTESTANTS: tuple[TopicContestant, ...] = (
    FirnTopic(), UsualScriptTopic(), ScriptTopic(), DltTopic(), SparkTopic(), ConsumeFloor(),
)  # fmt: skip
PEERS = "bench-venv"
OWN_PACKAGES = ("pyiceberg", "pyarrow", "confluent-kafka", "pyspark", "duckdb")
PEER_PACKAGES = ("dlt", "confluent-kafka", "orjson", "pyiceberg", "pyarrow")
STANDARD_EVENTS = 5_000_000
LARGER = 4
TITLE = "A clickstream from Kafka"
ABOUT = """
Events of a shop's clickstream, 228 bytes of JSON each, in a topic of four partitions of one broker
on the same machine, into a new Iceberg table of ten typed columns. Firn keeps topic, partition,
offset, time and key of each message beside them, sets aside what does not fit, and commits the
offsets with the rows. The script is confluent-kafka, orjson and pyiceberg: it consumes ten thousand
messages at a time and appends half a million rows at a time; dlt runs with its defaults and
declared columns, Spark with Firn's own profile and the trigger `availableNow`. The *larger topic*
has four times as many events. The floor consumes and drops what it gets.

There are two of the script. librdkafka looks only every second whether a partition's queue has
room, so with its defaults a program that consumes quickly mostly waits. Firn, the floor and the
script, *tuned*, have `fetch.queue.backoff.ms` at 5; the script *as usually written* has the
default. The target is held against that one, since it is what Firn is used in place of: it takes a
profile to find the property. What is left of the ratio when it is set stands below it.

Where Firn's time goes, of two cores: more than a quarter parses JSON, a fifth takes messages out of
librdkafka, an eighth turns them into columns, another eighth writes Parquet, and a second and a
half is the start. Batches of fifty thousand messages instead of a thousand take twice as long to
consume: they do not fit into the processor's cache.
"""


class TopicReferee:
    """Judges tables by the checksum of the events that their topic was filled with."""

    def __init__(self, topics: dict[Stage, ClickstreamTopic]) -> None:
        """Judge by `topics`."""
        self._topics = topics

    def admit(self, arena: Arena) -> Arena:
        """Return the arena as it is."""
        return arena

    def open(self, stage: Stage, turn: int) -> None:
        """Do nothing: topics stay as they are."""

    def complaint(self, contestant: Contestant, arena: Arena, stage: Stage) -> str:
        """Return what the table holds otherwise than the topic."""
        if not isinstance(contestant, TopicContestant):
            return "lands no topic"
        landed = contestant.table(arena, stage)
        expected: dict[str, Any] = self._topics[stage].checksum()
        return differences(expected, landed, CHECKSUM) if landed else ""


def _memory_gb(stage: Stage) -> Target:
    def reached(figures: Figures) -> Reached | None:
        figure = figures.of(stage, FirnTopic.name)
        return Reached(figure.peak_bytes / 1e9) if figure and figure.counts else None

    return Target(f"{stage}: at most 0.8 GB of memory", reached, 0.8, at_least=False, unit="GB")


def _against(peer: type[Contestant], bound: float) -> Target:
    text = f"{Stage.TOPIC}: at least {bound:g} times as fast as {peer.title}"
    return Target(
        text,
        lambda figures: figures.ratio(Stage.TOPIC, peer.name, FirnTopic.name),
        bound,
        at_least=True,
    )


TARGETS = (
    _against(UsualScriptTopic, 5),
    _against(ScriptTopic, 5),
    _against(SparkTopic, 3),
    Target(
        f"{Stage.TOPIC}: at most 3.2 times the floor",
        lambda figures: figures.ratio(Stage.TOPIC, FirnTopic.name, ConsumeFloor.name),
        3.2,
        at_least=False,
    ),
    _memory_gb(Stage.TOPIC),
    _memory_gb(Stage.LARGE_TOPIC),
)

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
@named_faults
def main(  # noqa: PLR0913 - an option each
    *,
    events: Annotated[int, typer.Option(help="Events in the topic.", min=1)] = STANDARD_EVENTS,
    larger: Annotated[
        int,
        typer.Option(help="How many times as many has the larger topic; 0: there is none.", min=0),
    ] = LARGER,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are over them.", min=1)] = 5,
    only: Annotated[list[str] | None, typer.Option(help="Contestants by name; none: all.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds after which a run is stopped.")] = 600,
    keep: Annotated[bool, typer.Option(help="Keep the broker's data and the lakes.")] = False,
) -> None:
    """Measure Firn, its peers and the floor on a topic, and write it to docs/benchmarks.md.

    The peers' environment is FIRN_HOME/bench-venv. A trial (fewer events, no larger topic, fewer
    than 5 rounds, --only) is written to FIRN_HOME/bench/benchmarks.md instead.
    """
    out = Console(highlight=False, soft_wrap=True)
    settings = Settings.load()
    contestants = chosen(CONTESTANTS, only or [])
    peers = peers_environment(settings, PEERS, "make bench-kafka") / "bin" / "python"
    conditions = {"rounds": str(rounds), "machine": describe_machine()}
    conditions["the machine was"] = idleness(load_per_core())
    folder = work_folder(settings) / "kafka"
    shutil.rmtree(folder / "rounds", ignore_errors=True)
    with _broker(settings, keeps=keep) as broker:
        topics = _topics(broker, events, larger)
        for topic in topics.values():
            out.print(f"{topic.name}: {topic.count:,} events are produced, unless they were kept.")
            topic.ensure()
        arena = Arena(settings.project_dir, folder / "rounds", peers, reader_url=broker.servers)
        contest = Contest(
            contestants,
            TopicReferee(topics),
            arena,
            Terms(rounds, limits_of(timeout), keep, stages=tuple(topics)),
        )
        runs = contest.hold(settings.environment() | COMPILED_ONCE, lambda run: say(out, run))
    counts = " and ".join(f"{topic.count:,}" for topic in topics.values())
    conditions["data"] = f"{counts} events in {PARTITIONS} partitions"
    conditions["Firn's and Spark's environment"] = listed(own_versions(OWN_PACKAGES))
    conditions["the peers' environment"] = listed(peer_versions(peers, PEER_PACKAGES))
    section = Section(TITLE, ABOUT, conditions, contestants, TARGETS)
    is_smaller = events < STANDARD_EVENTS or larger < LARGER
    page = page_of(settings, is_trial=bool(only) or is_smaller or rounds < STANDARD_ROUNDS)
    write_section(page, TITLE, section.as_markdown(Figures(runs)))
    out.print(f"Written to {page}")


@contextmanager
def _broker(settings: Settings, *, keeps: bool) -> Iterator[EmbeddedKafka]:
    """Yield a running broker; at the end, stop it and, unless it `keeps` its data, delete it."""
    broker = EmbeddedKafka(work_folder(settings) / "kafka" / "broker", settings)
    broker.start()
    try:
        yield broker
    finally:
        if keeps:
            broker.stop()
        else:
            broker.destroy()
            shutil.rmtree(broker.home)


def _topics(broker: EmbeddedKafka, events: int, larger: int) -> dict[Stage, ClickstreamTopic]:
    counts = {Stage.TOPIC: events, Stage.LARGE_TOPIC: larger * events}
    return {
        stage: ClickstreamTopic(broker.servers, topic_of(stage), count, broker.home)
        for stage, count in counts.items()
        if count
    }


if __name__ == "__main__":
    app()
