"""Raw tables and what the lake tells connectors of them: declaration + metadata -> figures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingestion.connectors.batches import Position
from ingestion.declarations import TableDeclaration
from ingestion.declarations.columns import INGESTED_AT
from ingestion.loading.last_loads import LastLoad
from ingestion.quarantine.store import quarantine_of
from ingestion.raw_tables.progress import Progress
from lake.columns import query_files, quoted
from lake.damage import damage_among
from lake.errors import EnvironmentFault, FirnError
from lake.lake import Lake
from lake.statistics import TableStatistics, read_statistics
from operations.monitoring.status.counting import CountedTable
from operations.monitoring.status.model import RawStatus, midnight
from operations.monitoring.status.quarantine import open_rows

TIME_PARTS = ("year", "month", "day", "hour")


@dataclass(frozen=True)
class StoredTable:
    """What the lake holds of a raw table; a connector may ask it too. No metadata: no table.

    `fault` says why metadata or manifests cannot be read.
    """

    lake: Lake
    table: TableDeclaration
    metadata: Mapping[str, Any] | None = None
    statistics: TableStatistics | None = None
    fault: FirnError | None = None

    @property
    def progress(self) -> Progress:
        """How far loads have come. Raises EnvironmentFault."""
        return Progress.of((self.metadata or {}).get("properties", {}))

    @property
    def position(self) -> Position | None:
        """How far loads have read the source."""
        return self.progress.position

    def landed_values(self, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the distinct values of some columns: of partitions where these hold them all."""
        statistics = self.statistics
        if statistics is None or not set(columns) <= statistics.columns.keys():
            return
        ids = {statistics.columns[name][0] for name in columns}
        read = [file for file in statistics.files if not ids <= file.constants.keys()]
        for file in statistics.files:
            if ids <= file.constants.keys():
                bounds = (statistics.bounds(file, name) for name in columns)
                yield tuple(b.greatest if b else None for b in bounds)
        names = ", ".join(map(quoted, columns))
        yield from query_files(self.lake.files, read, columns, f"select distinct {names} from rows")

    def quarantined_places(self) -> Iterator[Mapping[str, Any]]:
        """Yield the places of the table's rows in quarantine, resolved ones too."""
        metadata = self.lake.metadata(quarantine_of(self.table.source))
        if metadata is None:
            return
        files = statistics_of(self.lake, metadata).files
        query = f"select distinct place from rows where table_name = '{self.table.name}'"
        for (place,) in query_files(self.lake.files, files, ("table_name", "place"), query):
            yield json.loads(place or "{}")


def read_stored(lake: Lake, table: TableDeclaration) -> StoredTable:
    """Return what metadata and manifests of a raw table say, or why they cannot be read."""
    try:
        metadata = lake.metadata(table.identifier)
    except FirnError as fault:
        return StoredTable(lake, table, fault=fault)
    if metadata is None:
        return StoredTable(lake, table)
    try:
        return StoredTable(lake, table, metadata, statistics_of(lake, metadata))
    except FirnError as fault:
        damage = damage_among(lake, [table.identifier])
        return StoredTable(lake, table, fault=damage or fault)


def statistics_of(lake: Lake, metadata: Mapping[str, Any]) -> TableStatistics:
    """Return what a table's manifests say. Raises EnvironmentFault when they cannot be read."""
    try:
        return read_statistics(lake.files, metadata)
    except (OSError, ValueError, LookupError) as error:
        raise EnvironmentFault(
            f"the manifests below {metadata.get('location')} cannot be read: {error}",
            "firn verify says what can be done",
        ) from error


def raw_status(
    stored: StoredTable, quarantined: int | None, noted: LastLoad | None, now: datetime
) -> RawStatus:
    """Return the figures of a raw table, but for what its source says. Raises FirnError."""
    label, name = stored.table.label, ".".join(stored.table.identifier)
    if stored.fault is not None:
        return RawStatus(label, name, last_load=noted, fault=stored.fault)
    if stored.statistics is None:
        return RawStatus(label, name, quarantined=quarantined, last_load=noted)
    counted = CountedTable(stored.lake.files, stored.statistics)
    column = event_time(stored.table)
    column = column if counted.time_kind(column) else None
    record = stored.progress.record
    landed = LastLoad.of_record(record) if record else None
    is_noted_last = noted is not None and (landed is None or noted.ended_at >= landed.ended_at)
    return RawStatus(
        label,
        name,
        rows=stored.statistics.rows,
        rows_today=counted.rows_since(INGESTED_AT, midnight(now)),
        event_time=column,
        newest_event=counted.newest(column),
        quarantined=quarantined,
        last_load=noted if is_noted_last else landed,
        landed_at=landed.ended_at if landed else None,
    )


def event_time(table: TableDeclaration) -> str | None:
    """Return the column of when something happened: what partitions are by, else the cursor."""
    by_time = (part.column for part in table.partition_by if part.transform in TIME_PARTS)
    return next(by_time, table.cursor)


def quarantined_rows(lake: Lake, source: str, tables: Sequence[str]) -> dict[str, int] | None:
    """Return by table how many rows quarantine holds that nothing has resolved, None if unknown.

    Raises FirnError when quarantine is there and cannot be read.
    """
    metadata = lake.metadata(quarantine_of(source))
    if metadata is None:
        return {}
    return open_rows(CountedTable(lake.files, statistics_of(lake, metadata)), tables)
