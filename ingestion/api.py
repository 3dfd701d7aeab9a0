"""Ingests what is selected, source by source: names + options -> landed tables and their results.

The one entry point is `ingest`; `firn ingest` on the command line calls it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from ingestion.connectors.base import ConnectorContext, DraftRequest
from ingestion.connectors.registry import connector_of, connector_type
from ingestion.declarations import SourceDeclaration, select_tables
from ingestion.declarations.draft import as_yaml, require_identifier
from ingestion.loading.load import LoadContext, load_table
from ingestion.loading.load_history import Record, record_loads, unrecorded_loads
from ingestion.personal_data import Tokeniser
from ingestion.results import (
    Event,
    IngestOptions,
    LoadResult,
    LoadsFailedError,
    OnEvent,
    Outcome,
    Waiting,
)
from ingestion.sources import load_sources
from lake.errors import FirnError
from lake.lake import Lake
from lake.locks import source_lock
from lake.settings import Settings


def ingest(
    selection: Sequence[str] = (),
    options: IngestOptions | None = None,
    settings: Settings | None = None,
    on_event: OnEvent | None = None,
) -> list[LoadResult]:
    """Land the selected sources or tables (`shop`, `shop.orders`; none selected: all declared).

    Each table is committed by itself, so one that fails does not undo or stop the others.
    `on_event` is told how far a table is, what it waits for (from another thread) and how it ended.
    Raises ConfigurationError before anything is read if declarations are wrong; after all tables
    were tried, the error of the one that failed, or LoadsFailedError for several.
    """
    settings = settings or Settings.load()
    sources = select_tables(load_sources(settings.project_dir), selection)
    run = _Run(settings, options or IngestOptions(), on_event or _ignore)
    for source in sources:
        run.ingest_source(source)
    failures = [result.error for result in run.results if result.error]
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise LoadsFailedError(run.results)
    return run.results


class _Run:
    """One call of `ingest`: what it was asked for, and the results so far."""

    def __init__(self, settings: Settings, options: IngestOptions, on_event: OnEvent) -> None:
        self._settings = settings
        self._options = options
        self._on_event = on_event
        self._lake = Lake(settings)
        self._tokeniser = cache(lambda: Tokeniser(settings.token_key))
        self.results: list[LoadResult] = []

    def ingest_source(self, source: SourceDeclaration) -> None:
        """Load all tables of a source under its lock and note the results."""
        try:
            with source_lock(self._settings.home, source.name, self._options.wait):
                self._ingest_locked(source)
        except FirnError as error:
            self._note(LoadResult(source.name, Outcome.FAILED, error=error))

    def _ingest_locked(self, source: SourceDeclaration) -> None:
        record_loads(self._lake, unrecorded_loads(self._lake, source.tables))
        records: list[Record] = []
        try:
            for result, record in self._loads(source):
                if record:
                    records.append(record)
                self._note(result)
        finally:
            record_loads(self._lake, records)

    def _loads(self, source: SourceDeclaration) -> Iterator[tuple[LoadResult, Record | None]]:
        """Load table by table, by the connector of the source."""
        kind = connector_of(source)
        # a missing key is noticed before anything is read
        is_personal = any(table.has_personal_data for table in source.tables)
        mark = self._tokeniser().key_mark if is_personal else ""
        surroundings = ConnectorContext(
            self._settings,
            self._tokeniser,
            on_wait=lambda reason: self._on_event(Waiting(source.name, reason)),
        )
        with kind.connect(source, surroundings) as connector:
            connector.prepare()
            context = LoadContext(
                self._lake,
                kind,
                connector,
                self._options,
                self._on_event,
                mark,
                self._settings.failpoint,
            )
            for table in source.tables:
                yield load_table(context, table)

    def _note(self, result: LoadResult) -> None:
        self.results.append(result)
        self._on_event(result)


def _ignore(_: Event) -> None:
    """Take no notice."""


def draft(connector: str, request: DraftRequest, settings: Settings | None = None) -> str:
    """Return a first models/raw/<name>.yml, for people to review, as a connector drafts it.

    Raises ConfigurationError for an unknown connector, one that drafts nothing, and a name that is
    no identifier.
    """
    drafted = connector_type(connector).draft(request, settings or Settings.load())
    return as_yaml(require_identifier(request.name), drafted)
