"""What every contestant is: stage + arena -> a command to measure and the table it lands.

Peers run in an environment without Firn's packages, so this module needs the standard library only.
"""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

SCHEMA = "tpch"
TABLE = "lineitem"


class Stage(StrEnum):
    """What is measured, benchmark by benchmark: each stage starts where the one before ended."""

    FULL = "full load"
    CHANGES = "1 % changed"
    NOTHING = "nothing changed"
    MANY = "20 trivial models"
    ONE = "one model of 100"
    CSV = "a CSV file"
    JSON_LINES = "a JSON Lines file"
    PARQUET = "a Parquet file"
    TOPIC = "a topic drained"
    LARGE_TOPIC = "a larger topic drained"


LANDING = frozenset({Stage.FULL, Stage.CHANGES, Stage.NOTHING})
FILES = frozenset({Stage.CSV, Stage.JSON_LINES, Stage.PARQUET})
TOPICS = frozenset({Stage.TOPIC, Stage.LARGE_TOPIC})


@dataclass(frozen=True)
class Arena:
    """Where one contestant competes in one round.

    Only contests over PostgreSQL have URLs, and `since`, the newest cursor of the full load;
    in those over files the reader's URL is their folder, in those over topics the broker.
    """

    project: Path
    folder: Path
    peers_python: Path
    reader_url: str = field(default="", repr=False)
    owner_url: str = field(default="", repr=False)
    since: str = ""


@dataclass(frozen=True)
class Command:
    """A program to run: arguments, variables over those of the caller, text for its input."""

    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    stdin: str = field(default="", repr=False)


@dataclass(frozen=True)
class Landed:
    """A table as a contestant left it; `current` selects from `landed` the rows that count."""

    catalog: str
    catalog_file: Path
    identifier: tuple[str, str]
    current: str = "select * from landed"


class Contestant(ABC):
    """One program that takes part: its name for --only, its title in the tables, its stages."""

    name: str
    title: str
    stages: frozenset[Stage]

    def prepare(self, arena: Arena) -> None:  # noqa: B027
        """Make what it needs before the clock runs; nothing by default."""

    def finish(self, arena: Arena) -> None:  # noqa: B027
        """End what it left running; nothing by default."""

    @abstractmethod
    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return the command that is measured."""

    def landed(self, arena: Arena) -> Landed | None:  # noqa: ARG002
        """Return the table that must agree with PostgreSQL; others land none."""
        return None


@dataclass(frozen=True)
class Job:
    """What a contestant's own program is told on its standard input: it holds a password."""

    url: str = field(repr=False)
    folder: str
    stage: Stage
    since: str

    @classmethod
    def of(cls, arena: Arena, stage: Stage) -> Job:
        """Return what a program must know to compete."""
        return cls(arena.reader_url, str(arena.folder), stage, arena.since)

    def as_text(self) -> str:
        """Return the job as the text that `run` reads."""
        return json.dumps(asdict(self))


def run(program: Callable[[Job], None]) -> None:
    """Read the job from standard input and do it."""
    values = json.load(sys.stdin)
    program(Job(**{**values, "stage": Stage(values["stage"])}))
