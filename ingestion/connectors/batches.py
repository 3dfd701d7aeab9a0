"""What passes from a reader to landing: typed rows that can be landed, and rows that cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Rejection:
    """A row for quarantine: the rule it breaks, why, its values as text (personal ones tokens).

    `kinds` says of each value what the source has there, or that it is a token; `place` where in
    the source the row stands; `identity` tells rows apart whose values are equal.
    """

    rule: str
    reason: str
    row: dict[str, str | None]
    key: dict[str, str | None]
    kinds: Mapping[str, str] = field(default_factory=dict)
    place: Mapping[str, str | None] = field(default_factory=dict)
    identity: str = ""


@dataclass(frozen=True)
class Batch:
    """Some rows of a table in its landed columns, and the rejections found among them."""

    rows: pa.Table
    rejections: tuple[Rejection, ...] = ()

    @property
    def read_count(self) -> int:
        """How many rows of the source this batch accounts for."""
        return int(self.rows.num_rows) + len(self.rejections)


@dataclass
class ReadSummary:
    """What a finished reading knows: filled while batches flow, complete when they end.

    `cursor` is the greatest cursor among the rows that can be landed, as text; `content` a hash of
    everything read; `notes` are for people.
    """

    rows_read: int = 0
    bytes_read: int = 0
    cursor: str | None = None
    content: str | None = None
    upstream: str | None = None
    notes: list[str] = field(default_factory=list)
