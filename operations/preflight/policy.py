"""What a difference means for the coming run: its class + the declared policy -> verdict."""

from __future__ import annotations

from enum import StrEnum

from operations.preflight.declared import DeclaredTable
from operations.preflight.rules import Difference, Kind

# A source's `new_columns` or a model's `on_schema_change`.
STRICT = ("freeze", "fail")
GROWING = ("evolve", "rescue", "append_new_columns", "sync_all_columns")


class Verdict(StrEnum):
    """What pre-flight does about one difference."""

    STOPS = "stops the run"
    FIXED = "fixed now"
    WAITS = "fixed by the next run"
    PASSES = "tolerated"


def verdict(declared: DeclaredTable, difference: Difference) -> Verdict:
    """Return what pre-flight does about a difference of this table.

    Breaking stops the run, and so does any difference of a table that is frozen. Where the
    declaration lets a table grow, a fix that loses nothing is applied at once; what is left is
    done by the next load or by the model itself.
    """
    if difference.kind is Kind.BREAKING or declared.policy in STRICT:
        return Verdict.STOPS
    if declared.policy in GROWING and difference.is_fixable:
        return Verdict.FIXED
    return Verdict.PASSES
