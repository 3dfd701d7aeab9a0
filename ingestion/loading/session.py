"""A source open for loading: connector + what all its loads share -> its tables, loaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType

from ingestion.connectors.base import ConnectorContext
from ingestion.connectors.registry import connector_of
from ingestion.declarations import SourceDeclaration
from ingestion.loading.load import LoadContext, load_table
from ingestion.loading.load_history import Record, record_loads, unrecorded_loads
from ingestion.loading.written_tables import written_tables
from ingestion.personal_data import Tokeniser
from ingestion.results import Event, IngestOptions, LoadResult, OnEvent, Waiting
from lake.catalog_check import require_catalog
from lake.lake import Lake
from lake.settings import Settings


def _ignore(_: Event) -> None:
    """Take no notice."""


@dataclass(frozen=True)
class Run:
    """What all loads of one run have in common: where, how, whom to tell, when to end early."""

    settings: Settings
    options: IngestOptions = field(default_factory=IngestOptions)
    on_event: OnEvent = _ignore
    is_over: Callable[[], bool] = lambda: False

    @cached_property
    def lake(self) -> Lake:
        """The lake that is landed in."""
        return Lake(self.settings)

    @cached_property
    def tokeniser(self) -> Tokeniser:
        """What makes tokens. Raises ConfigurationError when there is no key."""
        return Tokeniser(self.settings.token_key)


class SourceSession:
    """One source, connected within a `with` block; its tables can be loaded again and again."""

    def __init__(self, run: Run, source: SourceDeclaration) -> None:
        """Prepare to load `source`; nothing is connected yet."""
        self._run = run
        self._source = source
        self._exit = ExitStack()
        self._unrecorded: defaultdict[str, list[Record]] = defaultdict(list)

    def __enter__(self) -> SourceSession:
        """Connect, and compare all tables with the source. Raises FirnError.

        Loads that an earlier run left unrecorded are written to ops.loads first. Nothing is begun
        in a catalog that does not know what the warehouse holds.
        """
        run, source = self._run, self._source
        require_catalog(run.lake, written_tables(source))
        record_loads(run.lake, unrecorded_loads(run.lake, source.tables))
        kind = connector_of(source)
        # a missing key is noticed before anything is read
        needs_key = any(table.needs_token_key for table in source.tables)
        mark = run.tokeniser.key_mark if needs_key else ""
        surroundings = ConnectorContext(
            run.settings,
            lambda: run.tokeniser,
            on_wait=lambda reason: run.on_event(Waiting(source.name, reason)),
        )
        with ExitStack() as connecting:
            connector = connecting.enter_context(kind.connect(source, surroundings))
            connector.prepare()
            self._exit = connecting.pop_all()
        self._context = LoadContext(
            run.lake,
            kind,
            connector,
            run.options,
            run.on_event,
            mark,
            run.settings.failpoint,
            run.is_over,
            self._unrecorded,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect, and write to ops.loads what is not there yet."""
        with self._exit:
            self.record()

    def load(self) -> Iterator[LoadResult]:
        """Load all tables once, one after the other, and yield how each load ended."""
        for table in self._source.tables:
            result, record = load_table(self._context, table)
            if record:
                self._unrecorded[table.label].append(record)
            yield result

    def record(self) -> None:
        """Write the loads since the last time to ops.loads, in one commit."""
        record_loads(self._run.lake, [r for records in self._unrecorded.values() for r in records])
        self._unrecorded.clear()
