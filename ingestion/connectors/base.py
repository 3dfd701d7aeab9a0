"""The contract of a connector: a declared source -> readings of its tables, and what goes with it.

A technology is one folder with the same file names in each: `declaration` (the models of its YAML),
`reader`, `replay`, `check` (what `firn doctor` says of it), `remaining` (what `firn status` says),
`draft` where it can draft a declaration, and `connector`, which offers all of them. A reader never
opens the lake: what it has to know of rows landed before, it asks the `TableState` that comes with
a request.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ingestion.connectors.batches import (
    Batch,
    Position,
    QuarantinedRow,
    ReadSummary,
    RegistrableFile,
)
from ingestion.connectors.remaining import Remaining
from ingestion.declarations import DeclarationModels, SourceDeclaration, TableDeclaration
from ingestion.declarations.columns import RawColumn
from ingestion.declarations.draft import Draft
from ingestion.personal_data import Tokeniser
from lake.errors import ConfigurationError, EnvironmentFault
from lake.settings import Settings
from lake.types import DataType

if TYPE_CHECKING:
    import pyarrow as pa

ROW_ID = "_row_id"
SourceT = TypeVar("SourceT", bound=SourceDeclaration)
TableT = TypeVar("TableT", bound=TableDeclaration)
Cursor = int | date | datetime


class ReadAgainError(Exception):
    """Rows that were handed over must not be landed after all: the table has to be read again."""


class TableState(Protocol):
    """What the lake holds of a table when a load is planned; nothing, if the load replaces it."""

    @property
    def position(self) -> Position | None:
        """How far the loads before have read, as the connector itself said it."""

    def landed_values(self, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the distinct values that some columns have in the raw table, maybe repeatedly."""

    def quarantined_places(self) -> Iterator[Mapping[str, Any]]:
        """Yield the places of the table's rows in quarantine, resolved ones too."""


def _never() -> bool:
    """Go on to the end."""
    return False


@dataclass(frozen=True)
class ReadRequest(Generic[TableT]):
    """What to read: what is new in a table since `state`, and whether all keys too, if it can.

    `replaced` is how far the rows had been read that the load takes the place of. With `accept_gap`
    what the source has lost is passed over. A connector that can stop within a table reads no more
    than `max_rows`, and no more than it has once the load `is_over`.
    """

    table: TableT
    state: TableState
    with_keys: bool = False
    replaced: Position | None = None
    accept_gap: bool = False
    max_rows: int | None = None
    is_over: Callable[[], bool] = _never


class Reading(Protocol):
    """One table being read, within a `with` block: iterate over `batches`, then over `keys`."""

    @property
    def summary(self) -> ReadSummary:
        """What is known so far; of a held reading at once."""

    @property
    def extra_columns(self) -> Sequence[RawColumn]:
        """Columns that are landed although nobody declared them."""

    @property
    def has_error_threshold(self) -> bool:
        """Whether the load fails when too many rows are rejected; else the reader sees to it."""

    @property
    def batches(self) -> Iterator[Batch | RegistrableFile]:
        """All that is new. Raises FirnError, ReadAgainError."""

    @property
    def keys(self) -> Iterator[pa.Table] | None:
        """The keys of all rows that exist in the source, None where it cannot give them."""

    def __enter__(self) -> Reading:
        """Begin to read."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop whatever still works for this reading."""


class Connector(Protocol):
    """A session with one source, within a `with` block."""

    def prepare(self) -> None:
        """Compare all tables with the source before any is read, where that is cheap.

        Raises ConfigurationError with every difference, EnvironmentFault if there is no source.
        """

    def read(self, request: ReadRequest[Any]) -> AbstractContextManager[Reading]:
        """Return what is new in a table, to be read in a `with` block. Raises FirnError."""


class ReplayReader(Protocol):
    """Reads rows of quarantine as a load would read them now, by the declaration as it is now.

    Rows of the source are known by `origin_columns` of the raw table, or where there are none by
    key and cursor.
    """

    @property
    def origin_columns(self) -> tuple[str, ...]:
        """The columns that say which row of the source a landed row is."""

    def origin(self, row: QuarantinedRow) -> tuple[Any, ...]:
        """Return a row's values of `origin_columns`; None among them stands for any."""

    def reached(self, position: Position | None) -> Cursor | None:
        """Return the greatest cursor that loads have landed, where there is one."""

    def read(self, rows: Sequence[QuarantinedRow], names: Collection[str] = ()) -> Iterator[Batch]:
        """Yield what can be landed, with the column `_row_id`, and what cannot, with the reason.

        With `names` only these columns are read, and only what concerns them is judged. The row id
        of a rejection stands in its `row`.
        """


def _ignore(_: str) -> None:
    """Take no notice."""


@dataclass(frozen=True)
class ConnectorContext:
    """What a connector is given: settings, and a tokeniser, asked for only if there is need.

    `on_wait` may be told, from any thread, whom or what a reading waits for while it does.
    """

    settings: Settings
    tokeniser: Callable[[], Tokeniser]
    on_wait: Callable[[str], None] = _ignore


@dataclass(frozen=True)
class DraftRequest:
    """What to draft: the new source's name, the variable that says where it is, and options."""

    name: str
    connection: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Arrived:
    """What can be landed now, and the monotonic time the first of it was seen."""

    items: frozenset[Any]
    first_seen: float


class Arrivals(Protocol):
    """What arrives in a source that can be watched: listings, and hints between them."""

    @property
    def place_name(self) -> str:
        """Where things arrive, and how that is noticed."""

    def stable(self) -> Arrived | None:
        """Return what can be landed now, None where nothing is new. Raises EnvironmentFault."""

    def take(self, arrived: Arrived) -> None:
        """Remember that this was landed, or set aside."""

    def seconds_to_look(self) -> float:
        """Return when to look again."""

    def hints(self) -> AbstractContextManager[None]:
        """Let the system say, while inside, when to look."""

    def wait(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Return after so many seconds, as soon as there is a hint, or soon after it `is_over`."""


class ConnectorType(ABC, Generic[SourceT, TableT]):
    """A technology that can be read; heavy modules are imported by the method that needs them."""

    name: str
    models: DeclarationModels

    @abstractmethod
    def connect(
        self, source: SourceT, context: ConnectorContext
    ) -> AbstractContextManager[Connector]:
        """Return a session with a source; nothing is connected yet. Raises ConfigurationError."""

    @abstractmethod
    def check(self, source: SourceT, context: ConnectorContext) -> str:
        """Look at a source and say what is there. Raises FirnError when it is not as declared."""

    @abstractmethod
    def replay_reader(
        self, table: TableT, context: ConnectorContext, evolved: Mapping[str, DataType]
    ) -> ReplayReader:
        """Return the reader of a table's rows in quarantine.

        `evolved` are the raw table's columns that nobody declared, with their types.
        """

    @abstractmethod
    def describe(self, position: Position | None) -> str | None:
        """Say a position to people. Raises EnvironmentFault for one that a newer Firn wrote."""

    def remaining(
        self,
        source: SourceT,  # noqa: ARG002
        context: ConnectorContext,  # noqa: ARG002
        states: Mapping[str, TableState],  # noqa: ARG002
    ) -> Mapping[str, Remaining]:
        """Return by table what no load has read yet, within ANSWER_SECONDS; none if unknown.

        `states` are what the lake holds of the source's tables, by name. Raises FirnError when the
        source does not answer.
        """
        return {}

    def draft(self, request: DraftRequest, settings: Settings) -> Draft:  # noqa: ARG002
        """Return a draft of a declaration. Raises ConfigurationError where that cannot be done."""
        raise ConfigurationError(
            f"the connector {self.name} drafts no declarations",
            f"write models/raw/{request.name}.yml by hand",
        )

    def arrivals(self, source: SourceT, settings: Settings) -> Arrivals:  # noqa: ARG002
        """Return what arrives in a source. Raises ConfigurationError where that cannot be told."""
        raise ConfigurationError(
            f"{source.name} is read by the connector {self.name}, which cannot be watched",
            f"ingest it on a schedule: firn ingest {source.name}",
        )


def require_version(position: Position, known: Collection[int], label: str) -> Position:
    """Return `position`. Raises EnvironmentFault when it is of a version that is not known."""
    if position.get("version") not in known:
        raise EnvironmentFault(
            f"{label}: the stored position is of version {position.get('version')!r},"
            f" known are {', '.join(map(str, sorted(known)))}",
            "it was written by a newer Firn: upgrade this one",
        )
    return position


__all__ = [
    "ROW_ID",
    "Arrivals",
    "Batch",
    "Connector",
    "ConnectorContext",
    "ConnectorType",
    "Cursor",
    "DraftRequest",
    "Position",
    "QuarantinedRow",
    "ReadAgainError",
    "ReadRequest",
    "ReadSummary",
    "Reading",
    "RegistrableFile",
    "Remaining",
    "ReplayReader",
    "TableDeclaration",
    "TableState",
    "require_version",
]
