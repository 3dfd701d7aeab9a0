"""`firn status`: declarations + the lake's metadata + what sources answer -> one picture.

No table is read: rows, newest values and what waits stand in metadata, except what bounds of files
leave open, for which a column or two of these files are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from ingestion.declarations import SourceDeclaration, TableDeclaration, select_tables
from ingestion.loading.last_loads import last_loads
from ingestion.sources import load_sources
from lake.catalog_check import require_newest
from lake.errors import FirnError
from lake.lake import Identifier, Lake
from lake.settings import Settings
from lake.snapshots import ancestors
from operations.dbt.manifest import GOLD
from operations.monitoring.status.gold import Upstream, gold_status
from operations.monitoring.status.marts import Mart, read_marts
from operations.monitoring.status.model import (
    GoldStatus,
    LakeStatus,
    PublishedStatus,
    RawStatus,
    SourceStatus,
)
from operations.monitoring.status.raw import (
    StoredTable,
    quarantined_rows,
    raw_status,
    read_stored,
)
from operations.monitoring.status.sources import Asked, ask
from operations.monitoring.test_results import last_tests
from operations.publication.book import IDENTIFIER as PUBLICATIONS
from operations.publication.book import read_state

READERS = 8
Raw = Mapping[Identifier, StoredTable]


def lake_status(
    settings: Settings, selection: Sequence[str] = (), now: datetime | None = None
) -> LakeStatus:
    """Return how fresh the selected sources or tables are, and the gold tables made from them.

    Without a selection: all that is declared, and all of gold. A source that does not answer and a
    table that cannot be read are part of the picture. Raises ConfigurationError for names that are
    not declared, EnvironmentFault when the lake's catalog cannot be read, DataLossError when it is
    older than the files: its figures would be those of before.
    """
    now = now or datetime.now(UTC)
    declared = load_sources(settings.project_dir)
    chosen = select_tables(declared, selection)
    lake = Lake(settings)
    marts = _marts(lake, settings, _identifiers(chosen) if selection else None)
    with ThreadPoolExecutor(READERS) as readers:
        needed = _needed(declared, chosen, marts)
        require_newest(lake, [table.identifier for table in needed])
        raw = _read_raw(readers, lake, needed)
        asked = ask(settings, chosen, {s.name: _states(s, raw) for s in chosen})
        upstream = Upstream(raw, now)
        gold = tuple(readers.map(lambda mart: _gold_status(lake, mart, upstream), marts))
        found = list(readers.map(lambda s: _source_status(lake, settings, s, upstream), chosen))
        published = _published(lake)
    sources = tuple(_answered(status, asked[status.name]) for status in found)
    return LakeStatus(now, sources, gold, published)


def _published(lake: Lake) -> PublishedStatus:
    state, newest = read_state(lake), next(ancestors(lake, PUBLICATIONS), None)
    at = datetime.fromtimestamp(newest["timestamp-ms"] / 1000, UTC) if newest else None
    return PublishedStatus(state.publication_id, at, state.held, last_tests(lake))


def _marts(lake: Lake, settings: Settings, wanted: set[Identifier] | None) -> list[Mart]:
    """Return the gold tables of the lake and the gold models, those made from what is wanted."""
    models = read_marts(settings)
    tables = [name for name, at in lake.pointers().items() if name[0] == GOLD and not at.is_view]
    marts = {**{name: Mart(name, name[1]) for name in tables}, **models}
    return [
        mart
        for _, mart in sorted(marts.items())
        if wanted is None or (mart.raw & wanted) or not models
    ]


def _needed(
    declared: Iterable[SourceDeclaration],
    chosen: Iterable[SourceDeclaration],
    marts: Iterable[Mart],
) -> list[TableDeclaration]:
    """Return the raw tables to read: those chosen, and those that the gold tables are made from."""
    wanted = _identifiers(chosen) | {name for mart in marts for name in mart.raw}
    labels = {mart.counts_only.table for mart in marts if mart.counts_only}
    tables = (table for source in declared for table in source.tables)
    return [table for table in tables if table.identifier in wanted or table.label in labels]


def _identifiers(sources: Iterable[SourceDeclaration]) -> set[Identifier]:
    return {table.identifier for source in sources for table in source.tables}


def _read_raw(readers: Executor, lake: Lake, tables: Sequence[TableDeclaration]) -> Raw:
    stored = readers.map(lambda table: read_stored(lake, table), tables)
    return {table.identifier: found for table, found in zip(tables, stored, strict=True)}


def _states(source: SourceDeclaration, raw: Raw) -> dict[str, StoredTable]:
    return {table.name: raw[table.identifier] for table in source.tables}


def _source_status(
    lake: Lake, settings: Settings, source: SourceDeclaration, upstream: Upstream
) -> SourceStatus:
    """Return the figures of a source's tables that the lake knows."""
    noted = last_loads(settings.home, source.name)
    names = [table.name for table in source.tables]
    try:
        waiting = quarantined_rows(lake, source.name, names)
    except FirnError:
        waiting = None
    tables = []
    for name, stored in _states(source, upstream.raw).items():
        quarantined = None if waiting is None else waiting.get(name, 0)
        try:
            status = raw_status(stored, quarantined, noted.get(name), upstream.now)
        except FirnError as fault:
            status = RawStatus(stored.table.label, ".".join(stored.table.identifier), fault=fault)
        tables.append(status)
    return SourceStatus(source.name, source.connector, tuple(tables))


def _answered(status: SourceStatus, asked: Asked) -> SourceStatus:
    """Add what the source said of its tables, or why it said nothing."""
    remaining, fault = asked.answer()
    tables = (replace(t, remaining=remaining.get(t.label.split(".")[1])) for t in status.tables)
    return replace(status, tables=tuple(tables), fault=fault)


def _gold_status(lake: Lake, mart: Mart, upstream: Upstream) -> GoldStatus:
    try:
        return gold_status(lake, mart, upstream)
    except FirnError as fault:
        return GoldStatus(".".join(mart.identifier), fault=fault)
