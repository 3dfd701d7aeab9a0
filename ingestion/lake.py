"""Opens the lake that profiles.yml names: the profile's Spark parameters -> a pyiceberg catalog."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from ingestion.errors import ConfigurationError, EnvironmentFault
from ingestion.profiles import Profile
from ingestion.settings import Settings

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

CATALOG = "lake"
BUSY_TIMEOUT_SECONDS = 60
_SQLITE = "jdbc:sqlite:"
Identifier = tuple[str, str]


@dataclass(frozen=True)
class StoredTable:
    """What one table's newest metadata file says, read without opening the catalog."""

    properties: dict[str, str]
    snapshot_id: int | None


class Lake:
    """The catalog `lake` and its warehouse, as profiles/profiles.yml gives them to Spark."""

    def __init__(self, settings: Settings) -> None:
        """Remember where to look; nothing is read or connected yet."""
        self._profile = Profile(settings)

    @cached_property
    def catalog_file(self) -> Path:
        """The SQLite file that is the catalog. Raises ConfigurationError for any other kind."""
        uri = self._parameter("uri")
        if not uri.startswith(_SQLITE):
            raise ConfigurationError(
                f"{self._profile.file}: spark.sql.catalog.{CATALOG}.uri starts with"
                f" {uri.split(':')[0]!r}, only {_SQLITE}<file> is known",
                f"give it a value such as {_SQLITE}/path/to/catalog.db",
            )
        return Path(uri.removeprefix(_SQLITE))

    @cached_property
    def catalog(self) -> Catalog:
        """The opened catalog; its file and tables are made when missing."""
        from pyiceberg.catalog.sql import SqlCatalog

        try:
            self.catalog_file.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as connection:
                connection.execute("pragma journal_mode = wal")
            return SqlCatalog(
                CATALOG,
                uri=f"sqlite:///{self.catalog_file}?timeout={BUSY_TIMEOUT_SECONDS}",
                warehouse=self._parameter("warehouse"),
                **{"py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO"},
            )
        except (OSError, sqlite3.Error) as error:
            raise EnvironmentFault(
                f"the catalog {self.catalog_file} cannot be opened: {error}", "firn doctor"
            ) from error

    def stored(self, identifier: Identifier) -> StoredTable | None:
        """Return properties and snapshot of a table as committed now, None when there is no table.

        Reads the catalog's row and one JSON file: a load with nothing to do imports no pyiceberg.
        """
        if not self.catalog_file.exists():
            return None
        query = (
            "select metadata_location from iceberg_tables"
            " where catalog_name = ? and table_namespace = ? and table_name = ?"
        )
        with closing(self._connect()) as connection:
            try:
                row = connection.execute(query, (CATALOG, *identifier)).fetchone()
            except sqlite3.Error as error:
                if "no such table" in str(error):
                    return None
                raise EnvironmentFault(
                    f"the catalog {self.catalog_file} cannot be read: {error}", "firn doctor"
                ) from error
        if row is None:
            return None
        metadata = _read_metadata(identifier, row[0])
        current = metadata.get("current-snapshot-id")
        return StoredTable(metadata.get("properties", {}), None if current == -1 else current)

    def table(self, identifier: Identifier) -> Table | None:
        """Load a table through the catalog, None when there is none."""
        from pyiceberg.exceptions import NoSuchTableError

        try:
            return self.catalog.load_table(identifier)
        except NoSuchTableError:
            return None
        except FileNotFoundError:
            raise _metadata_missing(identifier, "its newest metadata file") from None

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.catalog_file, timeout=BUSY_TIMEOUT_SECONDS)

    def _parameter(self, name: str) -> str:
        key = f"spark.sql.catalog.{CATALOG}.{name}"
        try:
            return self.spark_parameters[key]
        except KeyError:
            raise ConfigurationError(
                f"{self._profile.file}: server_side_parameters has no {key}",
                "restore it: Python and Spark must find the same lake there",
            ) from None

    @cached_property
    def spark_parameters(self) -> dict[str, str]:
        """The settings that dbt's default target gives Spark, variables filled in.

        Raises ConfigurationError when the profile cannot be read.
        """
        return self._profile.spark_parameters()


def open_catalog(settings: Settings) -> Catalog:
    """Return the pyiceberg catalog of the lake. Raises ConfigurationError, EnvironmentFault."""
    return Lake(settings).catalog


def _read_metadata(identifier: Identifier, location: str) -> dict[str, Any]:
    try:
        content = Path(urlparse(location).path).read_bytes()
    except FileNotFoundError:
        raise _metadata_missing(identifier, location) from None
    return dict(json.loads(content))


def _metadata_missing(identifier: Identifier, location: str) -> EnvironmentFault:
    return EnvironmentFault(
        f"table {'.'.join(identifier)} is in the catalog, but {location} is gone",
        "restore the file from a backup; Firn does not guess what was in it",
    )
