"""Ingests what is selected, source by source: names + options -> landed tables and their results.

The one entry point is `ingest`; `firn ingest` on the command line calls it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.connectors.base import DraftRequest
from ingestion.connectors.registry import connector_type
from ingestion.declarations import SourceDeclaration, select_tables
from ingestion.declarations.draft import as_yaml, require_identifier
from ingestion.loading.last_loads import note_loads
from ingestion.loading.session import Run, SourceSession
from ingestion.loading.written_tables import written_tables
from ingestion.results import IngestOptions, LoadResult, OnEvent, Outcome, raise_failures
from ingestion.sources import load_sources
from lake.errors import FirnError
from lake.locks import source_lock
from lake.settings import Settings
from lake.unexpected import fault_behind


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
    run = Run(settings, options or IngestOptions(), on_event or (lambda _: None))
    results = [result for source in sources for result in _ingest_source(run, source)]
    raise_failures(results)
    return results


def _ingest_source(run: Run, source: SourceDeclaration) -> list[LoadResult]:
    """Load all tables of a source under its lock; what stops them all is a result too."""
    results: list[LoadResult] = []

    def note(result: LoadResult) -> None:
        results.append(result)
        run.on_event(result)

    try:
        with source_lock(run.settings.home, source.name, run.options.wait):
            try:
                with SourceSession(run, source) as session:
                    for result in session.load():
                        note(result)
            except FirnError as error:
                note(LoadResult(source.name, Outcome.FAILED, error=error))
            except Exception as error:  # noqa: BLE001 - it costs this source, and no other
                fault = fault_behind(run.lake, source.name, written_tables(source), error)
                note(LoadResult(source.name, Outcome.FAILED, error=fault))
            note_loads(run.settings.home, source, results)
    except FirnError as error:  # somebody else is at it
        note(LoadResult(source.name, Outcome.FAILED, error=error))
    return results


def draft(connector: str, request: DraftRequest, settings: Settings | None = None) -> str:
    """Return a first models/raw/<name>.yml, for people to review, as a connector drafts it.

    Raises ConfigurationError for an unknown connector, one that drafts nothing, and a name that is
    no identifier.
    """
    drafted = connector_type(connector).draft(request, settings or Settings.load())
    return as_yaml(require_identifier(request.name), drafted)
