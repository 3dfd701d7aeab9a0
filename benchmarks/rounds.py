"""Runs contestants in turn: data + contestants -> rounds of stages -> measured, verified runs."""

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from benchmarks.contest import Arena, Contestant, Stage
from benchmarks.measure import Limits, Measurement, Outcome, measure
from benchmarks.verify import Checksum, differences

_CREDENTIALS = re.compile(r"://[^@\s]*@")


class Data(Protocol):
    """What contestants land: data that can be changed and can say what it holds."""

    def newest_cursor(self) -> str:
        """Return the newest cursor as text."""

    def change_one_percent(self, turn: int) -> int:
        """Change a hundredth of the rows and return how many that were."""

    def checksum(self) -> Checksum:
        """Return the checksum that every contestant's table must have."""


@dataclass(frozen=True)
class Run:
    """One contestant in one stage of one round; it counts when its table agrees with the source."""

    turn: int
    stage: Stage
    contestant: Contestant
    measurement: Measurement
    complaint: str = ""

    @property
    def counts(self) -> bool:
        """Whether the run was finished and its result is right."""
        return self.measurement.outcome is Outcome.DONE and not self.complaint


@dataclass(frozen=True)
class Terms:
    """How a contest is held: rounds, limits of each run, and whether its files stay."""

    rounds: int
    limits: Limits
    keeps_files: bool


class Contest:
    """All stages of all rounds, contestants taking turns; `say` hears of each run as it ends."""

    def __init__(
        self, contestants: Sequence[Contestant], data: Data, arena: Arena, terms: Terms
    ) -> None:
        """Hold the contest in `arena`: each contestant has a folder of its own in each round."""
        self._contestants = contestants
        self._data = data
        self._arena = arena
        self._terms = terms
        self._out: set[tuple[str, Stage]] = set()
        self.runs: list[Run] = []

    def hold(self, environment: dict[str, str], say: Callable[[Run], None]) -> list[Run]:
        """Run everything and return the runs. Programs see `environment` and their own variables.

        Who fails a stage, or exceeds a limit, is left out of it and of later ones from then on.
        """
        for turn in range(self._terms.rounds):
            arena = replace(
                self._arena,
                folder=self._arena.folder / f"round-{turn + 1}",
                since=self._data.newest_cursor(),
            )
            for stage in Stage:
                if stage is Stage.CHANGES:
                    self._data.change_one_percent(turn)
                expected = self._data.checksum()
                for contestant in self._in_turn(turn, stage):
                    own = replace(arena, folder=arena.folder / contestant.name)
                    run = self._compete(contestant, stage, own, environment)
                    run = replace(run, turn=turn, complaint=_complaint(run, own, expected))
                    if not run.counts:
                        self._out |= {(contestant.name, later) for later in _from(stage)}
                    self.runs.append(run)
                    say(run)
            if not self._terms.keeps_files:
                shutil.rmtree(arena.folder)
        return self.runs

    def _in_turn(self, turn: int, stage: Stage) -> list[Contestant]:
        """Return who takes part, another one first in each round."""
        first = turn % len(self._contestants)
        order = [*self._contestants[first:], *self._contestants[:first]]
        return [c for c in order if stage in c.stages and (c.name, stage) not in self._out]

    def _compete(
        self, contestant: Contestant, stage: Stage, arena: Arena, environment: dict[str, str]
    ) -> Run:
        if not arena.folder.exists():
            arena.folder.mkdir(parents=True)
            contestant.prepare(arena)
        log = log_of(arena.folder, stage)
        command = contestant.command(arena, stage)
        return Run(0, stage, contestant, measure(command, environment, log, self._terms.limits))


def log_of(folder: Path, stage: Stage) -> Path:
    """Return the file that holds what a contestant printed."""
    return folder / f"{stage.name.lower()}.log"


def _from(stage: Stage) -> list[Stage]:
    return list(Stage)[list(Stage).index(stage) :]


def _complaint(run: Run, arena: Arena, expected: Checksum) -> str:
    """Return why a run does not count: its last words, or what its table holds otherwise."""
    if run.measurement.outcome is not Outcome.DONE:
        return _last_words(log_of(arena.folder, run.stage), arena)
    landed = run.contestant.landed(arena)
    return differences(expected, landed) if landed else ""


def _last_words(log: Path, arena: Arena) -> str:
    """Return the end of a log in one line, fit to be published: no passwords, no own folders."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    said = " ".join([line for line in lines if line][-3:])[-400:]
    for secret, word in ((arena.folder, "<folder>"), (arena.project, "<project>")):
        said = said.replace(str(secret), word)
    return _CREDENTIALS.sub("://<credentials>@", said)
