"""What stands in the lake, by Iceberg's metadata: catalog -> tables, rows, snapshots, age."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lake.errors import ConfigurationError
from lake.lake import open_catalog
from lake.settings import Settings

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

LAYERS = ("raw", "quarantine", "silver", "gold", "ops")


@dataclass(frozen=True)
class TableState:
    """A table as its newest snapshot describes it; without one it is empty and has no age."""

    namespace: str
    name: str
    rows: int
    snapshot_id: int | None
    written_at: datetime | None

    @property
    def layer(self) -> str:
        """The layer its namespace belongs to: raw for raw_shop, otherwise the namespace itself."""
        return "raw" if self.namespace.startswith("raw_") else self.namespace

    @property
    def age(self) -> timedelta | None:
        """How long ago the newest snapshot was written."""
        return datetime.now(UTC) - self.written_at if self.written_at else None


def open_table(settings: Settings, name: str) -> "Table":
    """Return the Iceberg table of that name, such as gold.sales_daily.

    Raises ConfigurationError with the names there are when there is no such table.
    """
    from pyiceberg.exceptions import NoSuchTableError

    catalog = open_catalog(settings)
    try:
        return catalog.load_table(name)
    except (NoSuchTableError, ValueError):
        known = ", ".join(f"{namespace}.{table}" for namespace, table in _names(catalog))
        raise ConfigurationError(
            f"there is no table {name}", f"choose one of: {known or '(none yet; run make demo)'}"
        ) from None


def table_states(settings: Settings) -> list[TableState]:
    """Return the state of every table in the lake, layer by layer, then by name."""
    catalog = open_catalog(settings)
    states = [
        describe_table(catalog.load_table((namespace, name))) for namespace, name in _names(catalog)
    ]
    return sorted(
        (state for state in states if state.layer in LAYERS),
        key=lambda state: (LAYERS.index(state.layer), state.namespace, state.name),
    )


def describe_table(table: "Table", snapshot_id: int | None = None) -> TableState:
    """Return the state of one table, or of a snapshot of it.

    Its rows are counted by the snapshot, no data is read.
    """
    namespace, name = table.name()[-2:]
    snapshot = table.snapshot_by_id(snapshot_id) if snapshot_id else table.current_snapshot()
    if snapshot is None or snapshot.summary is None:
        return TableState(namespace, name, 0, None, None)
    summary = snapshot.summary.additional_properties
    deleted = int(summary.get("total-position-deletes", 0))
    rows = int(summary.get("total-records", 0)) - deleted
    written_at = datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)
    return TableState(namespace, name, rows, snapshot.snapshot_id, written_at)


def _names(catalog: "Catalog") -> Iterator[tuple[str, str]]:
    for namespace in sorted(catalog.list_namespaces()):
        for *_, table in sorted(catalog.list_tables(namespace)):
            yield namespace[0], table
