"""The run that publishes what dbt builds now: begun on-run-start, ended on-run-end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from operations.publication.run import Run

_runs: list[Run] = []  # one at most: dbt runs one command at a time


def current_run() -> Run | None:
    """Return the run, None before it begins, after it ended, and in commands that build nothing."""
    return _runs[0] if _runs else None


def set_current_run(run: Run | None) -> None:
    """Begin a run, or end the one there is."""
    _runs[:] = [run] if run else []
