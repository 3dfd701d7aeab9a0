"""Puts rows back that can be landed by now: quarantine.<source> -> one commit a table -> marks.

The one entry point is `replay`; `firn replay` on the command line calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from ingestion.connectors.base import ConnectorContext
from ingestion.connectors.registry import connector_of
from ingestion.declarations import SourceDeclaration, select_tables
from ingestion.loading.load_history import record_loads, unrecorded_loads
from ingestion.loading.replay_table import ReplayContext, ReplayResult, replay_table
from ingestion.loading.written_tables import written_tables
from ingestion.personal_data import Tokeniser
from ingestion.sources import load_sources
from lake.catalog_check import require_catalog
from lake.errors import FirnError
from lake.lake import Lake
from lake.locks import source_lock
from lake.settings import Settings

OnResult = Callable[[ReplayResult], None]


def replay(
    selection: Sequence[str] = (),
    settings: Settings | None = None,
    on_result: OnResult | None = None,
    *,
    wait: bool = False,
) -> list[ReplayResult]:
    """Put back what quarantine keeps of the selected sources or tables and can be landed by now.

    The sources themselves are not asked. Run twice, it puts nothing back twice, also when it was
    killed in between. Raises ConfigurationError for wrong declarations or names; after all tables
    were tried, the first error of a table.
    """
    settings = settings or Settings.load()
    sources = select_tables(load_sources(settings.project_dir), selection)
    results: list[ReplayResult] = []
    for source in sources:
        for result in _replay_source(settings, source, wait):
            results.append(result)
            if on_result:
                on_result(result)
    if error := next((result.error for result in results if result.error), None):
        raise error
    return results


def _replay_source(
    settings: Settings, source: SourceDeclaration, wait: bool
) -> Iterator[ReplayResult]:
    """Replay all tables of a source under the lock of its loads."""
    lake = Lake(settings)
    surroundings = ConnectorContext(settings, cache(lambda: Tokeniser(settings.token_key)))
    context = ReplayContext(lake, connector_of(source), surroundings)
    try:
        with source_lock(settings.home, source.name, wait):
            require_catalog(lake, written_tables(source))
            record_loads(lake, unrecorded_loads(lake, source.tables))
            for table in source.tables:
                yield replay_table(context, table)
    except FirnError as error:
        yield ReplayResult(source.name, error=error)
