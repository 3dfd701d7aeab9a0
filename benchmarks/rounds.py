"""Runs contestants in turn: data + contestants -> rounds of stages -> measured, verified runs."""

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from benchmarks.contest import Arena, Contestant, Stage
from benchmarks.measure import Limits, Measurement, Outcome, measure

_CREDENTIALS = re.compile(r"://[^@\s]*@")


class Referee(Protocol):
    """Says what contestants work on, and whether what they made of it is right."""

    def admit(self, arena: Arena) -> Arena:
        """Return the arena of a round, with what is known of the data when it begins."""

    def open(self, stage: Stage, turn: int) -> None:
        """Bring the data into the state that a stage begins with."""

    def complaint(self, contestant: Contestant, arena: Arena, stage: Stage) -> str:
        """Return what a contestant's result holds otherwise than it should; "" when it is right."""


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
    """How a contest is held: rounds, limits of each run, and whether its files stay.

    Contestants start `afresh` in each round, or go on in the folders that they began with. Stages
    that are not among `stages` are left out.
    """

    rounds: int
    limits: Limits
    keeps_files: bool
    afresh: bool = True
    stages: tuple[Stage, ...] = tuple(Stage)


class Contest:
    """All stages of all rounds, contestants taking turns; `say` hears of each run as it ends."""

    def __init__(
        self, contestants: Sequence[Contestant], referee: Referee, arena: Arena, terms: Terms
    ) -> None:
        """Hold the contest in `arena`: each contestant has a folder of its own in each round."""
        self._contestants = contestants
        self._referee = referee
        self._arena = arena
        self._terms = terms
        self._out: set[tuple[str, Stage]] = set()
        self._prepared: dict[Path, Contestant] = {}
        self.runs: list[Run] = []

    def hold(self, environment: dict[str, str], say: Callable[[Run], None]) -> list[Run]:
        """Run everything and return the runs. Programs see `environment` and their own variables.

        Who fails a stage, or exceeds a limit, is left out of it and of later ones from then on.
        """
        try:
            for turn in range(self._terms.rounds):
                folder = self._arena.folder
                if self._terms.afresh:
                    folder /= f"round-{turn + 1}"
                arena = self._referee.admit(replace(self._arena, folder=folder))
                self._hold_round(turn, arena, environment, say)
                if self._terms.afresh:
                    self._finish()
        finally:
            self._finish()
        return self.runs

    def _hold_round(
        self,
        turn: int,
        arena: Arena,
        environment: dict[str, str],
        say: Callable[[Run], None],
    ) -> None:
        for stage in self._terms.stages:
            if not (contestants := self._in_turn(turn, stage)):
                continue
            self._referee.open(stage, turn)
            for contestant in contestants:
                own = replace(arena, folder=arena.folder / contestant.name)
                run = self._compete(contestant, stage, own, environment)
                run = replace(run, turn=turn, complaint=self._complaint(run, own))
                if not run.counts:
                    self._out |= {(contestant.name, later) for later in _from(stage)}
                self.runs.append(run)
                say(run)

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
            self._prepared[arena.folder] = contestant
            contestant.prepare(arena)
        log = log_of(arena.folder, stage)
        command = contestant.command(arena, stage)
        return Run(0, stage, contestant, measure(command, environment, log, self._terms.limits))

    def _complaint(self, run: Run, arena: Arena) -> str:
        """Return why a run does not count: its last words, or what its result holds otherwise."""
        if run.measurement.outcome is not Outcome.DONE:
            return _last_words(log_of(arena.folder, run.stage), arena)
        return self._referee.complaint(run.contestant, arena, run.stage)

    def _finish(self) -> None:
        """Let all contestants end what they left running, and remove their folders."""
        for folder, contestant in self._prepared.items():
            contestant.finish(replace(self._arena, folder=folder))
            if not self._terms.keeps_files:
                shutil.rmtree(folder)
        self._prepared.clear()


def log_of(folder: Path, stage: Stage) -> Path:
    """Return the file that holds what a contestant printed."""
    return folder / f"{stage.name.lower()}.log"


def _from(stage: Stage) -> list[Stage]:
    return list(Stage)[list(Stage).index(stage) :]


def _last_words(log: Path, arena: Arena) -> str:
    """Return the end of a log in one line, fit to be published: no passwords, no own folders."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    said = " ".join([line for line in lines if line][-3:])[-400:]
    for secret, word in ((arena.folder, "<folder>"), (arena.project, "<project>")):
        said = said.replace(str(secret), word)
    return _CREDENTIALS.sub("://<credentials>@", said)
