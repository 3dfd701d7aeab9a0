"""Runs an action again after another writer's commit came first: an attempt -> its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from lake.catalogs.base import PointerConflictError
from lake.errors import ConflictError

PLANNING_ATTEMPTS = 5
ATTEMPTS = 20
LONGEST_WAIT_SECONDS = 0.2
Result = TypeVar("Result")


def replan_on_conflict(attempt: Callable[[], Result]) -> Result:
    """Return what `attempt` does, made a few times; raises its last ConflictError."""
    attempts = Retrying(
        retry=retry_if_exception_type(ConflictError),
        stop=stop_after_attempt(PLANNING_ATTEMPTS),
        wait=wait_random(0, 0.5),
        reraise=True,
    )
    return attempts(attempt)


def retry_on_conflict(action: Callable[[], Result]) -> Result:
    """Return what `action` does, run again whenever another writer's commit came before its own.

    Raises what the last of twenty such conflicts raised: pyiceberg's CommitFailedException, or
    PointerConflictError.
    """
    from pyiceberg.exceptions import CommitFailedException

    attempts = Retrying(
        retry=retry_if_exception_type((CommitFailedException, PointerConflictError)),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random(0.01, LONGEST_WAIT_SECONDS),
        reraise=True,
    )
    return attempts(action)
