"""What a source still has for its tables: what a connector answers to `firn status`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

# A source that has not answered by then does not answer.
ANSWER_SECONDS = 3.0


@dataclass(frozen=True)
class Remaining:
    """What loads of one table have not read yet, in the connector's words and in numbers.

    `count` is how many of `unit` (messages, files) wait, where that can be said, and `parts` the
    same for each part of the source. `behind` is how long before now the position lies.
    """

    text: str
    unit: str | None = None
    count: int | None = None
    parts: Mapping[str, int] = field(default_factory=dict)
    behind: timedelta | None = None
    notes: tuple[str, ...] = ()
