"""Plans a load again when somebody else's commit came first: an attempt -> its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from ingestion.errors import ConflictError

ATTEMPTS = 5
Result = TypeVar("Result")


def plan_again_on_conflict(attempt: Callable[[], Result]) -> Result:
    """Return what `attempt` does, made a few times; raises its last ConflictError."""
    attempts = Retrying(
        retry=retry_if_exception_type(ConflictError),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random(0, 0.5),
        reraise=True,
    )
    return attempts(attempt)
