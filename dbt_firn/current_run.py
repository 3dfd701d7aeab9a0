"""The run that publishes what dbt builds now: begun on-run-start, ended on-run-end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from operations.publication.areas import EndedNode
    from operations.publication.run import Run

_runs: list[Run] = []  # one at most: dbt runs one command at a time
_before: list[EndedNode] = []


def current_run() -> Run | None:
    """Return the run, None before it begins, after it ended, and in commands that build nothing."""
    return _runs[0] if _runs else None


def nodes_before() -> list[EndedNode]:
    """Return how the nodes ended of the refused run that the current one goes on from."""
    return list(_before)


def set_current_run(run: Run | None, before: Sequence[EndedNode] = ()) -> None:
    """Begin a run, or end the one there is; `before` are the nodes of one that it goes on from."""
    _runs[:] = [run] if run else []
    _before[:] = before
