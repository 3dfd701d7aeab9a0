"""Medians, ratios and verdicts: what a failed or stopped run may say, and what it may not."""

import pytest

from benchmarks.contest import Stage
from benchmarks.contestants.copy_floor import CopyFloor
from benchmarks.contestants.firn import Firn
from benchmarks.figures import Figures, Reached, Target
from benchmarks.measure import Measurement, Outcome
from benchmarks.rounds import Run


def _run(
    contestant: Firn | CopyFloor,
    seconds: float,
    outcome: Outcome = Outcome.DONE,
    complaint: str = "",
) -> Run:
    measurement = Measurement(outcome, seconds, cpu_seconds=seconds, peak_bytes=1)
    return Run(0, Stage.FULL, contestant, measurement, complaint)


def _target(bound: float, at_least: bool) -> Target:
    return Target("", lambda f: f.ratio(Stage.FULL, CopyFloor.name, Firn.name), bound, at_least)


def test_a_ratio_is_one_of_medians() -> None:
    peer = [_run(CopyFloor(), seconds) for seconds in (8, 9, 100)]
    figures = Figures([*peer, *(_run(Firn(), seconds) for seconds in (1, 3, 50))])
    assert figures.ratio(Stage.FULL, CopyFloor.name, Firn.name) == Reached(3)


def test_one_wrong_table_spoils_all_runs_of_its_program() -> None:
    figures = Figures([_run(CopyFloor(), 9), _run(Firn(), 1), _run(Firn(), 1, complaint="lost")])
    figure = figures.of(Stage.FULL, Firn.name)
    assert figure is not None
    assert not figure.counts
    assert figures.ratio(Stage.FULL, CopyFloor.name, Firn.name) is None
    assert _target(2, at_least=True).judge(figures) == ("-", "not measured")


@pytest.mark.parametrize(
    ("bound", "at_least", "verdict"),
    [
        (4, True, "reached"),
        (6, True, "open: the peer was stopped before it had finished"),
        (4, False, "**missed**"),
    ],
)
def test_a_stopped_peer_gives_a_lower_bound(bound: float, at_least: bool, verdict: str) -> None:
    figures = Figures([_run(CopyFloor(), 10, Outcome.OUT_OF_TIME), _run(Firn(), 2)])
    assert _target(bound, at_least).judge(figures) == ("> 5.00 times", verdict)


def test_a_failed_peer_gives_no_ratio() -> None:
    figures = Figures([_run(CopyFloor(), 10, Outcome.FAILED), _run(Firn(), 2)])
    assert figures.ratio(Stage.FULL, CopyFloor.name, Firn.name) is None
