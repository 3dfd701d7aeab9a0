"""What contestants that drain a topic share: an arena -> a program and the table of a stage."""

from __future__ import annotations

from abc import abstractmethod

from benchmarks.clickstream_topic import RAW, table_of
from benchmarks.contest import Arena, Command, Contestant, Job, Landed, Stage
from benchmarks.contestants.file_contestant import CATALOG, CATALOG_FILE


class TopicContestant(Contestant):
    """One way to land a topic in a new Iceberg table; `arena.reader_url` is the broker."""

    stages = frozenset({Stage.TOPIC})

    @abstractmethod
    def table(self, arena: Arena, stage: Stage) -> Landed | None:
        """Return the table that a stage has made, None of one that lands nothing."""


class PeerOfTopics(TopicContestant):
    """A program of the peers' environment, with a lake of its own in the arena's folder."""

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return the contestant's module as a program."""
        program = [str(arena.peers_python), "-m", type(self).__module__]
        environment = {"PYTHONPATH": str(arena.project), "RUNTIME__DLTHUB_TELEMETRY": "false"}
        return Command(program, environment, Job.of(arena, stage).as_text())

    def table(self, arena: Arena, stage: Stage) -> Landed | None:
        """Return the table in the peers' catalog."""
        return Landed(CATALOG, arena.folder / CATALOG_FILE, (RAW, table_of(stage)))
