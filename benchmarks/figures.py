"""What the runs come to: runs -> medians, ratios of medians -> targets reached or not."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.contest import Stage
from benchmarks.rounds import Run


@dataclass(frozen=True)
class Figure:
    """Medians of one contestant in one stage: seconds, CPU seconds, bytes; and its extremes."""

    seconds: float
    fastest: float
    slowest: float
    cpu_seconds: float
    peak_bytes: float
    runs_count: int
    complaint: str
    is_lower_bound: bool

    @property
    def counts(self) -> bool:
        """Whether every run was finished and right."""
        return not self.complaint


@dataclass(frozen=True)
class Reached:
    """A value that was measured, or one that it exceeds: its program was stopped at a limit."""

    amount: float
    is_lower_bound: bool = False

    def __str__(self) -> str:
        """Return it with two digits that say something, `> ` before a lower bound."""
        digits = f"{self.amount:.2f}" if self.amount >= 0.1 else f"{self.amount:.2g}"
        return f"> {digits}" if self.is_lower_bound else digits


class Figures:
    """The figures of all contestants in all stages."""

    def __init__(self, runs: Sequence[Run]) -> None:
        """Sum up `runs`; of a contestant that failed in a stage, the failure is what counts."""
        groups: dict[tuple[Stage, str], list[Run]] = {}
        for run in runs:
            groups.setdefault((run.stage, run.contestant.name), []).append(run)
        self._figures = {key: _sum_up(group) for key, group in groups.items()}

    def of(self, stage: Stage, name: str) -> Figure | None:
        """Return the figure of a contestant, None when it did not take part."""
        return self._figures.get((stage, name))

    def ratio(self, stage: Stage, name: str, to: str) -> Reached | None:
        """Return median seconds of `name` over those of `to`, None when one has none that count."""
        above, below = self.of(stage, name), self.of(stage, to)
        if above is None or below is None or not below.counts:
            return None
        if not (above.counts or above.is_lower_bound):
            return None
        return Reached(above.seconds / below.seconds, above.is_lower_bound)


@dataclass(frozen=True)
class Target:
    """What was promised: a text, how the value is found (None: not measured) and its bound."""

    text: str
    reached: Callable[[Figures], Reached | None]
    bound: float
    at_least: bool
    unit: str = "times"

    def judge(self, figures: Figures) -> tuple[str, str]:
        """Return the value reached and the verdict, both in words."""
        value = self.reached(figures)
        if value is None:
            return "-", "not measured"
        return f"{value} {self.unit}", self._verdict(value)

    def _verdict(self, value: Reached) -> str:
        if value.amount >= self.bound if self.at_least else value.amount <= self.bound:
            return "reached"
        is_open = self.at_least and value.is_lower_bound
        return "open: the peer was stopped before it had finished" if is_open else "**missed**"


def _sum_up(group: Sequence[Run]) -> Figure:
    failed = [run for run in group if not run.counts]
    counted = failed or group
    seconds = [run.measurement.wall_seconds for run in counted]
    outcomes = {run.measurement.outcome for run in failed}
    complaint = "; ".join(sorted({run.complaint or run.measurement.outcome for run in failed}))
    return Figure(
        seconds=statistics.median(seconds),
        fastest=min(seconds),
        slowest=max(seconds),
        cpu_seconds=statistics.median(run.measurement.cpu_seconds for run in counted),
        peak_bytes=statistics.median(run.measurement.peak_bytes for run in counted),
        runs_count=len(counted),
        complaint=complaint,
        is_lower_bound=any(outcome.is_limit for outcome in outcomes),
    )
