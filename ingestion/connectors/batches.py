"""What passes from a connector to a load: rows that can be landed, and rows that cannot."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

from lake.errors import FirnError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData

# How far a connector has read a table: JSON with a `version` of its own, opaque to all others.
Position = Mapping[str, Any]
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Rejection(NamedTuple):
    """A row for quarantine: the rule it breaks, why, its values as text (personal ones tokens).

    `kinds` says of each value what the source has there, or that it is a token; `place` where in
    the source the row stands, of which `within` is what many rows have in common, such as a file;
    `identity` tells rows apart whose values are equal.
    """

    rule: str
    reason: str
    row: dict[str, str | None]
    key: dict[str, str | None]
    kinds: Mapping[str, str] = NOTHING
    place: Mapping[str, str | None] = NOTHING
    identity: str = ""
    within: Mapping[str, str | None] = NOTHING


@dataclass(frozen=True)
class QuarantinedRow:
    """A row that no load could land: its values as text, what each of them is, when it was read.

    `place` says where in the source it stands.
    """

    row_id: str
    rule: str
    reason: str
    values: dict[str, str | None]
    kinds: dict[str, str]
    ingested_at: datetime
    place: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """Some rows of a table in its landed columns, and the rejections found among them."""

    rows: pa.Table
    rejections: tuple[Rejection, ...] = ()

    @property
    def read_count(self) -> int:
        """How many rows of the source this batch accounts for."""
        return int(self.rows.num_rows) + len(self.rejections)


class RegistrableFile(Protocol):
    """A Parquet file that can become part of the raw table as it is."""

    @property
    def footer(self) -> FileMetaData:
        """Its own metadata."""

    @property
    def constants(self) -> Mapping[str, object]:
        """What the connector's columns hold for all of its rows."""

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Open its content. Raises ReadAgainError at the end when it changed meanwhile."""


@dataclass(frozen=True)
class Gap:
    """What a source lost before it was read: `partition` of it, from the first offset missing.

    `until` is the first that is there again, None where that cannot be known.
    """

    partition: str
    since: int
    until: int | None
    reason: str

    def __str__(self) -> str:
        """Say it to people: `clickstream[0] from offset 120 to 499 (why)`."""
        until = "" if self.until is None else f" to {self.until - 1}"
        return f"{self.partition} from offset {self.since}{until} ({self.reason})"


@dataclass
class ReadSummary:
    """What a reading knows: filled while batches flow, complete when they end.

    `position` is what the next load goes on from, and `reached` says it to people; `content` is a
    hash of everything read, of a table that is read in full each time; `notes` are for people. With
    `is_held` nothing may be read this time. With `is_moved` the position is worth a commit even
    without rows; it `has_more` if the load's limit ends the reading. `lag` says by partition how
    many messages waited when it began. `gaps` were passed over because that was asked for. A
    reading that was `stopped` by an error is landed as far as it came.
    """

    rows_read: int = 0
    bytes_read: int = 0
    position: Position | None = None
    reached: str | None = None
    content: str | None = None
    notes: list[str] = field(default_factory=list)
    is_held: bool = False
    is_moved: bool = False
    has_more: bool = False
    lag: Mapping[str, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    stopped: FirnError | None = None
