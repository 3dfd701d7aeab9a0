"""Measuring a program: its children count, and limits end the whole tree."""

import os
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.contest import Command
from benchmarks.measure import Limits, Measurement, Outcome, measure

AMPLE = Limits(60, 10**10)


def _measure(folder: Path, program: str, limits: Limits = AMPLE) -> Measurement:
    command = Command([sys.executable, "-c", program])
    environment = dict(os.environ)  # noqa: TID251 - the program needs what this one has
    return measure(command, environment, folder / "log", limits)


def test_memory_is_that_of_the_whole_tree(tmp_path: Path) -> None:
    child = "x = b'1' * 200_000_000; import time; time.sleep(0.5)"
    used = _measure(
        tmp_path, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    )
    assert used.outcome is Outcome.DONE
    assert used.peak_bytes > 200_000_000


def test_a_failure_is_one(tmp_path: Path) -> None:
    assert _measure(tmp_path, "raise SystemExit(3)").outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        (Limits(0.5, 10**10), Outcome.OUT_OF_TIME),
        (Limits(60, 150_000_000), Outcome.OUT_OF_MEMORY),
    ],
)
def test_a_limit_ends_the_whole_tree(tmp_path: Path, limits: Limits, outcome: Outcome) -> None:
    child = "x = b'1' * 200_000_000; import time; time.sleep(60)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    before = set(psutil.Process().children(recursive=True))
    assert _measure(tmp_path, program, limits).outcome is outcome
    assert set(psutil.Process().children(recursive=True)) <= before
