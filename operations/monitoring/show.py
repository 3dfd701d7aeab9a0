"""Looks into a table: Iceberg -> its newest rows, its newest snapshot and its age."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake.errors import ConfigurationError
from lake.lake import Lake
from lake.settings import Settings
from operations.monitoring.tables import TableState, describe_table, open_table
from operations.publication.book import CHOOSE, require_publication
from operations.publication.branches import REJECTED

if TYPE_CHECKING:
    from pyiceberg.table import Table


@dataclass(frozen=True)
class NewestRows:
    """Rows of a table in the order of `columns`, and the state of the whole table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    state: TableState


@dataclass(frozen=True)
class Version:
    """Which version of a table is shown: what readers see, unless one of these is given."""

    publication: int | None = None
    is_rejected: bool = False


NEWEST = Version()


def newest_rows(settings: Settings, name: str, limit: int, version: Version = NEWEST) -> NewestRows:
    """Return up to `limit` rows of the table `name`, the newest by its first date or time first.

    Raises ConfigurationError when there is no such table or version of it.
    """
    table = open_table(settings, name)
    snapshot = _snapshot(settings, table, version)
    columns, rows = _read(table, limit, snapshot)
    return NewestRows(tuple(columns), tuple(rows), describe_table(table, snapshot))


def _snapshot(settings: Settings, table: "Table", version: Version) -> int | None:
    """Return the snapshot of a version, None for the newest."""
    name = ".".join(table.name())
    if version.is_rejected:
        for ref, known in table.metadata.refs.items():
            if ref.startswith(REJECTED):
                return known.snapshot_id
        raise ConfigurationError(
            f"no run since the last publication of {name} was refused", "firn publications"
        )
    if version.publication is None:
        return None
    published = require_publication(Lake(settings), version.publication).tables.get(name)
    snapshot = published.snapshot_id if published else None
    if snapshot is None or table.snapshot_by_id(snapshot) is None:
        why = "has expired" if snapshot else "had no rows, or was not there"
        raise ConfigurationError(
            f"{name} of publication {version.publication} {why}",
            CHOOSE,
        )
    return snapshot


def _read(
    table: "Table", limit: int, snapshot: int | None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    import duckdb
    from pyiceberg.types import DateType, TimestampType, TimestamptzType

    scan = table.scan(snapshot_id=snapshot)
    times = [
        field.name
        for field in scan.projection().fields
        if isinstance(field.field_type, DateType | TimestampType | TimestamptzType)
    ]
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        database.register("rows", scan.to_arrow_batch_reader())
        order = f'order by "{times[0]}" desc nulls last' if times else ""
        found = database.sql(f"select * from rows {order} limit {int(limit)}")
        return list(found.columns), found.fetchall()
