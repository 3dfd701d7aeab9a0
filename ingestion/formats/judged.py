"""Rows judged before they are read: rows + a judge + a reader -> what can be landed, and the rest.

The reader alone decides what is landed. A judge knows most bad rows beforehand, so that they need
not be found by reading again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self, TypeVar

import pyarrow as pa

from ingestion.values.bisect import REFUSALS, bisect_invalid

Read = TypeVar("Read")


@dataclass
class Judged:
    """What is known of some rows, by their positions: why they are bad; others may be."""

    bad: dict[int, str] = field(default_factory=dict)
    doubtful: set[int] = field(default_factory=set)

    @classmethod
    def all_doubtful(cls, count: int) -> Self:
        """Say that nothing is known of any row."""
        return cls(doubtful=set(range(count)))


def read_fitting(
    lines: Sequence[bytes],
    judged: Judged,
    read: Callable[[Sequence[bytes]], Read],
    watch: Callable[[int, Mapping[int, str]], None],
) -> tuple[dict[int, str], list[bytes], Read]:
    """Return which rows do not fit, and why, all others, and what `read` makes of those.

    `read` raises one of `REFUSALS` for rows of which one does not fit. `watch` is told how many
    rows were judged and which are bad; it may raise to give up.
    """
    watch(len(lines), judged.bad)
    doubtful = sorted(judged.doubtful - judged.bad.keys())
    unfit = judged.bad | _unfit_among(lines, doubtful, read, watch)
    watch(len(lines), unfit)
    for _ in range(2):
        fitting = [line for i, line in enumerate(lines) if i not in unfit]
        try:
            return unfit, fitting, read(fitting)
        except REFUSALS:  # what seemed to be good is not
            seeming = [i for i in range(len(lines)) if i not in unfit]
            unfit |= _unfit_among(lines, seeming, read, watch)
    raise pa.ArrowInvalid("rows that can be read one by one cannot be read together")


def _unfit_among(
    lines: Sequence[bytes],
    positions: Sequence[int],
    read: Callable[[Sequence[bytes]], Read],
    watch: Callable[[int, Mapping[int, str]], None],
) -> dict[int, str]:
    found = bisect_invalid([lines[i] for i in positions], read, watch)
    return {positions[i]: reason for i, reason in found.items()}
