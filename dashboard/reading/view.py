"""The lake at one moment: one query of the catalog -> metadata files -> named columns as Arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from dashboard.reading.conditions import Condition, expression_of
from lake.errors import ConfigurationError, EnvironmentFault
from lake.lake import Lake, identifier_of
from lake.metadata import read_metadata
from lake.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

# What makes a table that Firn keeps for itself.
MADE_BY = {"loads": "firn ingest", "lags": "firn refresh", "refreshes": "dbt build"}
KEPT_SCANS = 64
KEPT_METADATA = 256


class MissingTableError(EnvironmentFault):
    """The catalog has no such table: nobody has built it yet."""


class EmptyTableError(EnvironmentFault):
    """A table is there and holds no rows."""


class LakeView:
    """All tables as the catalog named them at one moment; `reads` notes what was read of them."""

    def __init__(self, settings: Settings) -> None:
        """Ask the catalog, once. Raises EnvironmentFault when it cannot be read."""
        self._scans = _scans(settings)
        self._pointers = self._scans.lake.pointers()
        self.reads: dict[str, set[str]] = {}

    def has(self, table: str) -> bool:
        """Whether the catalog had the table."""
        return identifier_of(table) in self._pointers

    def names(self, namespace: str) -> list[str]:
        """Return the tables of a namespace, such as `quarantine`, by name."""
        found = (identifier for identifier, at in self._pointers.items() if not at.is_view)
        return sorted(".".join(identifier) for identifier in found if identifier[0] == namespace)

    def read(
        self,
        table: str,
        columns: Sequence[str],
        where: Sequence[Condition] = (),
        limit: int | None = None,
    ) -> pa.Table:
        """Return these columns of the rows that meet all conditions, at most `limit` of them.

        Columns and conditions are part of the scan: files and columns not needed are not read.
        Raises MissingTableError, ConfigurationError for a column that the table lacks, and
        EnvironmentFault when files of it are gone.
        """
        location = self._location(table)
        self.reads.setdefault(table, set()).update(columns, (name for name, _, _ in where))
        try:
            return self._scans.read(table, location, tuple(columns), tuple(where), limit)
        except ValueError as error:
            raise _lacks_a_column(table, error) from error
        except OSError as error:
            raise _unreadable(table, error) from error

    def properties(self, table: str) -> Mapping[str, str]:
        """Return the table's properties. Raises as `read` does."""
        return dict(self._metadata(table).get("properties", {}))

    def is_empty(self, table: str) -> bool:
        """Whether the newest snapshot has no rows, as its summary says. Raises as `read` does."""
        summary = self._snapshot(table).get("summary", {})
        return int(summary.get("total-records", 0)) == 0

    def written_at(self, table: str) -> datetime | None:
        """Return when the newest snapshot was committed, None without one. Raises as `read`."""
        moment = self._snapshot(table).get("timestamp-ms")
        return None if moment is None else datetime.fromtimestamp(moment / 1000, UTC)

    def _snapshot(self, table: str) -> Mapping[str, Any]:
        metadata = self._metadata(table)
        current, snapshots = metadata.get("current-snapshot-id"), metadata.get("snapshots", ())
        return next((s for s in snapshots if s["snapshot-id"] == current), {})

    def _metadata(self, table: str) -> Mapping[str, Any]:
        try:
            return self._scans.metadata(self._location(table))
        except (OSError, ValueError) as error:
            raise _unreadable(table, error) from error

    def _location(self, table: str) -> str:
        pointer = self._pointers.get(identifier_of(table))
        if pointer is None:
            raise MissingTableError(f"{table} is not built yet", _how_to_make(table))
        if pointer.metadata is None:
            raise _unreadable(table, OSError("its row in the catalog names no file"))
        return pointer.metadata


class _Scans:
    """Files of one lake, the last ones kept: a metadata file never changes, nor what it names."""

    def __init__(self, settings: Settings) -> None:
        self.lake = Lake(settings)
        self.read = lru_cache(KEPT_SCANS)(self._read)
        self.metadata = lru_cache(KEPT_METADATA)(self._read_metadata)

    def _read(
        self,
        name: str,
        location: str,
        columns: tuple[str, ...],
        where: tuple[Condition, ...],
        limit: int | None,
    ) -> pa.Table:
        table = self.lake.table_at(identifier_of(name), location)
        return table.scan(expression_of(where), columns, limit=limit).to_arrow()

    def _read_metadata(self, location: str) -> Mapping[str, Any]:
        return read_metadata(self.lake.files, location)


@cache
def _scans(settings: Settings) -> _Scans:
    return _Scans(settings)


def _how_to_make(table: str) -> str:
    namespace, name = identifier_of(table)
    if namespace == "ops":
        return MADE_BY.get(name, "dbt build")
    if namespace == "quarantine" and not name.endswith("__rejected"):
        return f"firn create {table}"
    return f"dbt build --select +{name}"


def _lacks_a_column(table: str, error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"{table} has not the columns that this page shows: {error}",
        f"dbt build --full-refresh --select {identifier_of(table)[1]}",
    )


def _unreadable(table: str, error: Exception) -> EnvironmentFault:
    return EnvironmentFault(
        f"{table} cannot be read: {error}",
        f"reload the page; if it stays so, firn verify {table} says what can be done",
    )
