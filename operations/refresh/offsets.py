"""Moves a model's stream offsets without touching its rows: plan -> an empty commit."""

from __future__ import annotations

from contextlib import suppress

from lake.catalogs.base import PointerConflictError
from lake.empty_commit import commit_nothing
from lake.lake import Lake, identifier_of
from lake.stream_offsets import PROPERTY
from operations.refresh.plan import RefreshPlan


def advance_offsets(lake: Lake, plan: RefreshPlan) -> None:
    """Let the model's table say that it has read what the plan has looked at.

    Where somebody else commits at this moment, the offsets stay: the next refresh looks again.
    Raises EnvironmentFault when the lake cannot be read or written.
    """
    with suppress(PointerConflictError):
        summary = {PROPERTY + plan.model.table: plan.offsets}
        commit_nothing(lake, identifier_of(plan.model.table), summary)
