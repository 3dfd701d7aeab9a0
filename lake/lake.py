"""Opens the lake that profiles.yml names: the profile's Spark parameters -> a pyiceberg catalog."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from filelock import FileLock

from lake.errors import ConfigurationError, EnvironmentFault
from lake.profiles import Profile
from lake.settings import Settings

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

CATALOG = "lake"
BUSY_TIMEOUT_SECONDS = 60
_SQLITE = "jdbc:sqlite:"
_URI = f"spark.sql.catalog.{CATALOG}.uri"
Identifier = tuple[str, str]


@dataclass(frozen=True)
class Pointer:
    """A table's row in the catalog: its newest metadata file and the one before; views have none.

    A row can be there without a file: then nobody can open the table.
    """

    metadata: str | None
    previous: str | None = None
    is_view: bool = False


@dataclass(frozen=True)
class StoredTable:
    """What one table's newest metadata file says, read without opening the catalog."""

    properties: dict[str, str]
    snapshot_id: int | None


class Lake:
    """The catalog `lake` and its warehouse, as profiles/profiles.yml gives them to Spark."""

    def __init__(
        self, settings: Settings, spark_parameters: Mapping[str, Any] | None = None
    ) -> None:
        """Remember where to look; nothing is read or connected yet.

        `spark_parameters` are what a running dbt gave its Spark; without them, and where they only
        name a server, the profile is read.
        """
        self._profile = Profile(settings)
        self._given_parameters = spark_parameters

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
        try:
            self.catalog_file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.catalog_file.with_suffix(".lock")):  # two would make its tables
                with closing(self._connect()) as connection:
                    connection.execute("pragma journal_mode = wal")
                return self._open_catalog()
        except (OSError, sqlite3.Error) as error:
            raise EnvironmentFault(
                f"the catalog {self.catalog_file} cannot be opened: {error}", "firn doctor"
            ) from error

    def _open_catalog(self) -> Catalog:
        from pyiceberg.catalog.sql import SqlCatalog

        return SqlCatalog(
            CATALOG,
            uri=f"sqlite:///{self.catalog_file}?timeout={BUSY_TIMEOUT_SECONDS}",
            warehouse=self._parameter("warehouse"),
            **{"py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO"},
        )

    def stored(self, identifier: Identifier) -> StoredTable | None:
        """Return properties and snapshot of a table as committed now, None when there is no table.

        Reads the catalog's row and one JSON file: a load with nothing to do imports no pyiceberg.
        """
        metadata = self.metadata(identifier)
        if metadata is None:
            return None
        current = metadata.get("current-snapshot-id")
        return StoredTable(metadata.get("properties", {}), None if current == -1 else current)

    def metadata(self, identifier: Identifier) -> dict[str, Any] | None:
        """Return the newest metadata file of a table or view, None when there is none.

        Raises EnvironmentFault when the catalog or the file cannot be read.
        """
        row = next(self._rows(" and table_namespace = ? and table_name = ?", identifier), None)
        return None if row is None else _metadata_of(identifier, row["metadata_location"])

    def pointers(self) -> dict[Identifier, Pointer]:
        """Return what the catalog says of every table and view, in one query, opening none.

        Raises EnvironmentFault when the catalog cannot be read.
        """
        return {
            (row["table_namespace"], row["table_name"]): Pointer(
                row["metadata_location"],
                row["previous_metadata_location"],
                "iceberg_type" in row.keys() and row["iceberg_type"] == "VIEW",  # noqa: SIM118
            )
            for row in self._rows()
        }

    def repoint(self, identifier: Identifier, pointer: Pointer, metadata: str | None) -> bool:
        """Let a table's row name another metadata file, or take the row away for `metadata=None`.

        Only for a table that cannot be opened, which no engine can change or drop. False when the
        row is not as `pointer` says any more: somebody else was here.
        """
        where = "where catalog_name = ? and table_namespace = ? and table_name = ?"
        unchanged = "and metadata_location is ?"
        known = (CATALOG, *identifier, pointer.metadata)
        with closing(self._connect()) as connection, connection:
            if metadata is None:
                query = f"delete from iceberg_tables {where} {unchanged}"
                return connection.execute(query, known).rowcount == 1
            change = "set metadata_location = ?, previous_metadata_location = null"
            query = f"update iceberg_tables {change} {where} {unchanged}"
            return connection.execute(query, (metadata, *known)).rowcount == 1

    def table(self, identifier: Identifier) -> Table | None:
        """Load a table through the catalog, None when there is none."""
        from pyiceberg.exceptions import NoSuchTableError

        try:
            return self.catalog.load_table(identifier)
        except NoSuchTableError:
            return None
        except FileNotFoundError:
            raise _metadata_missing(identifier, "its newest metadata file") from None

    def _rows(self, condition: str = "", values: tuple[str, ...] = ()) -> Iterator[sqlite3.Row]:
        """Yield rows of the catalog; none while there is no catalog yet."""
        if not self.catalog_file.exists():
            return
        query = f"select * from iceberg_tables where catalog_name = ?{condition}"
        with closing(self._connect()) as connection:
            connection.row_factory = sqlite3.Row
            try:
                rows = connection.execute(query, (CATALOG, *values)).fetchall()
            except sqlite3.Error as error:
                if "no such table" in str(error):
                    return
                raise EnvironmentFault(
                    f"the catalog {self.catalog_file} cannot be read: {error}", "firn doctor"
                ) from error
        yield from rows

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
        given = self._given_parameters or {}
        return dict(given) if _URI in given else self._profile.spark_parameters()


def open_catalog(settings: Settings) -> Catalog:
    """Return the pyiceberg catalog of the lake. Raises ConfigurationError, EnvironmentFault."""
    return Lake(settings).catalog


def local_path(location: str) -> Path:
    """Return where a file of the lake lies on this machine."""
    return Path(urlparse(location).path)


def read_metadata(location: str) -> dict[str, Any]:
    """Return what a metadata file says. Raises OSError or ValueError when it cannot be read."""
    content = local_path(location).read_bytes()
    is_compressed = ".gz.metadata.json" in location or location.endswith(".metadata.json.gz")
    return dict(json.loads(gzip.decompress(content) if is_compressed else content))


def _metadata_of(identifier: Identifier, location: str | None) -> dict[str, Any]:
    if location is None:
        raise _metadata_missing(identifier, "its newest metadata file")
    try:
        return read_metadata(location)
    except FileNotFoundError:
        raise _metadata_missing(identifier, location) from None


def _metadata_missing(identifier: Identifier, location: str) -> EnvironmentFault:
    return EnvironmentFault(
        f"table {'.'.join(identifier)} is in the catalog, but {location} is gone",
        f"firn verify {'.'.join(identifier)} says what can be done",
    )
