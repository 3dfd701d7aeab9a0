"""What a run of ingestion is asked for and tells: options -> events while it works -> results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lake.errors import FirnError


@dataclass(frozen=True)
class IngestOptions:
    """How to ingest.

    `deletes`: compare keys and land tombstones for rows that are gone upstream.
    `allow_empty`: accept that a source has become empty. `full_refresh`: read everything again and
    replace the raw table, in whatever shape is declared now. `wait`: wait for another ingestion of
    the same source instead of refusing. `accept_gap`: pass over what a source lost before it was
    read, and write that to ops.gaps. `max_rows`: read about so many rows of a table at most, where
    its connector can. `new_key`: the key of tokens may be another one, where `full_refresh` makes
    them anew; a table whose rows the source does not have any more is left as it is.
    """

    deletes: bool = False
    allow_empty: bool = False
    full_refresh: bool = False
    wait: bool = False
    accept_gap: bool = False
    max_rows: int | None = None
    new_key: bool = False


class Outcome(StrEnum):
    """How the load of one table ended."""

    LANDED = "landed"
    NOTHING_NEW = "nothing new"
    HELD = "held"
    FAILED = "failed"


@dataclass(frozen=True)
class LoadResult:
    """What happened to one table (`label` is source.table, or the source if that failed).

    Counts are rows; `rows_landed` does not include `rows_deleted`, the tombstones.
    `commit_seconds` is what of `seconds` the commit took. The source `has_more` than `max_rows`;
    `lag` says by partition how many messages waited when it began.
    """

    label: str
    outcome: Outcome
    rows_read: int = 0
    rows_landed: int = 0
    rows_quarantined: int = 0
    rows_deleted: int = 0
    bytes_read: int = 0
    seconds: float = 0.0
    commit_seconds: float = 0.0
    snapshot_id: int | None = None
    notes: tuple[str, ...] = ()
    has_more: bool = False
    lag: Mapping[str, int] = field(default_factory=dict)
    error: FirnError | None = None

    @property
    def is_all_set_aside(self) -> bool:
        """Whether there was something new, and nothing of it landed."""
        return self.rows_quarantined > 0 and self.rows_landed == self.rows_deleted == 0

    @classmethod
    def of(
        cls, label: str, outcome: Outcome, record: Mapping[str, Any], notes: Iterable[str]
    ) -> LoadResult:
        """Return what a load's row of ops.loads says; nothing landed unless that is the outcome."""
        return cls(
            label,
            outcome,
            rows_read=record["rows_read_count"],
            rows_landed=record["rows_landed_count"] if outcome is Outcome.LANDED else 0,
            rows_quarantined=record["rows_quarantined_count"],
            rows_deleted=record["rows_deleted_count"],
            bytes_read=record["bytes_read_count"],
            snapshot_id=record["snapshot_id"],
            notes=tuple(notes),
        )


@dataclass(frozen=True)
class TableProgress:
    """How many rows of a table have been read so far."""

    label: str
    rows_read: int


@dataclass(frozen=True)
class Waiting:
    """What the reading of a source waits for just now; it goes on by itself."""

    source: str
    reason: str


@dataclass(frozen=True)
class Retrying:
    """A source that is followed failed, in a way that may pass; it is tried again after a while."""

    source: str
    error: FirnError
    seconds: float


Event = TableProgress | Waiting | Retrying | LoadResult
OnEvent = Callable[[Event], None]


class LoadsFailedError(FirnError):
    """Several loads failed; `results` holds all of them, also those that went well."""

    def __init__(self, results: Sequence[LoadResult]) -> None:
        """Gather what failed among `results`; the exit code is that of the gravest."""
        failures = [result for result in results if result.error]
        super().__init__(
            "\n".join(f"{result.label}: {result.error}" for result in failures),
            "each failure names its own fix; the other tables are landed",
        )
        self.results = tuple(results)
        self.exit_code = max(result.error.exit_code for result in failures if result.error)


def raise_failures(results: Sequence[LoadResult]) -> None:
    """Raise the error of the one load that failed, LoadsFailedError for several."""
    failures = [result.error for result in results if result.error]
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise LoadsFailedError(results)
