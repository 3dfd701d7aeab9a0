"""The lake that profiles.yml names: the target's Spark parameters -> catalog, files, metadata."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.branches import as_read_on
from lake.catalogs.base import CATALOG, CatalogBackend, Identifier, Pointer
from lake.catalogs.choice import backend_of
from lake.catalogs.postgres_tls import with_tls
from lake.errors import ConfigurationError
from lake.metadata import StoredTable, damaged, metadata_missing, read_metadata_of
from lake.metadata_json import MetadataEncoder
from lake.private import private_folder
from lake.profiles import Profile
from lake.settings import Settings
from lake.storage import FILE_IO, LakeFiles
from lake.table_properties import require_known_format

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.io import FileIO
    from pyiceberg.table import Table

__all__ = [
    "CATALOG",
    "Identifier",
    "Lake",
    "Pointer",
    "StoredTable",
    "identifier_of",
    "open_catalog",
]

_CATALOG_SETTINGS = f"spark.sql.catalog.{CATALOG}."
_URI = f"{_CATALOG_SETTINGS}uri"
# Settings of Iceberg's S3FileIO in Java, which pyiceberg knows by the same names.
_FILE_SETTINGS = ("s3.", "client.")
# Variables that say the same where the profile does not.
_FILE_VARIABLES = {"s3.endpoint": "AWS_ENDPOINT_URL", "s3.region": "AWS_REGION"}


class Lake:
    """The catalog `lake` and its warehouse, as profiles/profiles.yml gives them to Spark."""

    def __init__(
        self,
        settings: Settings,
        spark_parameters: Mapping[str, Any] | None = None,
        branch: str | None = None,
    ) -> None:
        """Remember where to look; nothing is read or connected yet.

        `spark_parameters` are what a running dbt gave its Spark; without them, and where they only
        name a server, the profile is read: the target that `settings` name. `branch` is that of a
        run: its tables are seen as the run sees them, and as readers do without it.
        """
        self._environment = settings
        self._profile = Profile(settings)
        self._given_parameters = spark_parameters
        self._branch = branch
        self._known: dict[Identifier, tuple[str, dict[str, Any]]] = {}
        self._encoders: defaultdict[Identifier, MetadataEncoder] = defaultdict(MetadataEncoder)

    @property
    def home(self) -> Path:
        """Where Firn keeps its own files of this lake: FIRN_HOME."""
        return self._environment.home

    @cached_property
    def backend(self) -> CatalogBackend:
        """The catalog that holds the tables' pointers. Raises ConfigurationError."""
        self._setting("uri")
        return backend_of(self._settings, str(self._profile.file))

    @cached_property
    def files(self) -> LakeFiles:
        """The files of the lake. Raises ConfigurationError when the profile cannot be read."""
        return LakeFiles(self._file_settings)

    @cached_property
    def warehouse(self) -> str:
        """The folder of the tables' folders; of a REST catalog, what it calls the lake."""
        return self._setting("warehouse")

    @cached_property
    def catalog(self) -> Catalog:
        """The opened catalog; its tables, and the folder of a warehouse, are made when missing.

        Raises ConfigurationError, and EnvironmentFault when it cannot be opened.
        """
        if folder := self.warehouse_folder:
            with suppress(OSError):  # what writes there says what is wrong
                private_folder(folder)
        properties = {"warehouse": self.warehouse, "py-io-impl": FILE_IO}
        return self.backend.open({**properties, **self._file_settings})

    @property
    def warehouse_folder(self) -> Path | None:
        """The folder of the tables, None where they are not on this machine.

        Raises ConfigurationError when the profile names no warehouse.
        """
        return self.files.local_path(self.warehouse)

    def stored(self, identifier: Identifier) -> StoredTable | None:
        """Return properties and snapshot of a table as committed now, None when there is no table.

        Reads the catalog's row and one JSON file: a load with nothing to do imports no pyiceberg.
        """
        found = self._newest(identifier)
        return None if found is None else StoredTable.of(*found, self._branch)

    def metadata(self, identifier: Identifier) -> dict[str, Any] | None:
        """Return the newest metadata file of a table or view, None when there is none.

        Of a table that a run writes on its branch, the branch's head is the current snapshot to
        that run. Raises EnvironmentFault when the catalog or the file cannot be read.
        """
        found = self._newest(identifier)
        return None if found is None else as_read_on(found[1], self._branch)

    def remember(self, identifier: Identifier, location: str, metadata: dict[str, Any]) -> None:
        """Keep what a metadata file says that this process has written: files never change."""
        self._known[identifier] = (location, metadata)

    def encoder(self, identifier: Identifier) -> MetadataEncoder:
        """Return what turns the metadata of a table into JSON, and knows what it has encoded."""
        return self._encoders[identifier]

    def _newest(self, identifier: Identifier) -> tuple[str, dict[str, Any]] | None:
        """Return where the newest metadata file is, and what it says.

        Raises EnvironmentFault where a newer Firn wrote it in a format of its own.
        """
        found = self._newest_of_any_format(identifier)
        if found is not None:
            require_known_format(identifier, found[1].get("properties", {}))
        return found

    def _newest_of_any_format(self, identifier: Identifier) -> tuple[str, dict[str, Any]] | None:
        pointer = self.backend.pointer(identifier)
        if pointer is None:
            return None
        if pointer.metadata is None:
            raise metadata_missing(identifier)
        known = self._known.pop(identifier, None)  # of a table that others change, nothing is kept
        if known is None or known[0] != pointer.metadata:
            if pointer.document is not None:
                return pointer.metadata, pointer.document
            return pointer.metadata, read_metadata_of(identifier, self.files, pointer.metadata)
        self._known[identifier] = known
        return known

    def pointers(self) -> dict[Identifier, Pointer]:
        """Return what the catalog says of every table and view, in one query, opening none.

        Raises EnvironmentFault when the catalog cannot be read.
        """
        return self.backend.pointers()

    def repoint(self, identifier: Identifier, pointer: Pointer, metadata: str | None) -> bool:
        """Let a table's row name another metadata file, or take the row away for `metadata=None`.

        Only for a table that cannot be opened, which no engine can change or drop. False when the
        row is not as `pointer` says any more: another process changed it.
        """
        return self.backend.repair(identifier, pointer, metadata)

    def table(self, identifier: Identifier) -> Table | None:
        """Load a table through the catalog, None when there is none.

        Raises EnvironmentFault where its metadata file is gone or damaged, or a newer Firn wrote it
        in a format of its own.
        """
        from pyiceberg.exceptions import NoSuchTableError, ValidationError

        try:
            found = self.catalog.load_table(identifier)
        except NoSuchTableError:
            return None
        except FileNotFoundError:
            raise metadata_missing(identifier) from None
        except ValidationError:
            raise damaged(identifier, "its newest metadata file is damaged") from None
        require_known_format(identifier, found.properties)
        return found

    def io_of(self, stored: StoredTable) -> FileIO:
        """Return what a table's files are written with. Raises EnvironmentFault."""
        return self.catalog._load_file_io(stored.properties, stored.location)

    def table_at(self, identifier: Identifier, location: str) -> Table:
        """Open a table as one of its metadata files says it is, whatever was committed since.

        It can be read only. Raises EnvironmentFault when the file is not there.
        """
        from pyiceberg.catalog.noop import NoopCatalog
        from pyiceberg.io import load_file_io
        from pyiceberg.table import StaticTable
        from pyiceberg.table.metadata import TableMetadataUtil

        metadata = TableMetadataUtil.parse_obj(read_metadata_of(identifier, self.files, location))
        io = load_file_io({"py-io-impl": FILE_IO, **self._file_settings}, location)
        return StaticTable(identifier, metadata, location, io, NoopCatalog(CATALOG))

    @cached_property
    def spark_parameters(self) -> dict[str, str]:
        """The settings that the target gives Spark, variables filled in.

        Raises ConfigurationError when the profile cannot be read.
        """
        given = self._given_parameters or {}
        if _URI not in given:
            return self._profile.spark_parameters()
        return with_tls(given, self._environment.environment())

    @cached_property
    def _settings(self) -> dict[str, str]:
        """Spark's settings of this catalog, without their prefix."""
        return {
            name.removeprefix(_CATALOG_SETTINGS): str(value)
            for name, value in self.spark_parameters.items()
            if name.startswith(_CATALOG_SETTINGS)
        }

    @property
    def _file_settings(self) -> dict[str, str]:
        """What a FileIO is made with; keys come from the profile or AWS's own variables."""
        known = {k: self._environment.variable(name) for k, name in _FILE_VARIABLES.items()}
        given = {k: v for k, v in self._settings.items() if k.startswith(_FILE_SETTINGS)}
        return {**{k: v for k, v in known.items() if v}, **given}

    def _setting(self, name: str) -> str:
        try:
            return self._settings[name]
        except KeyError:
            raise ConfigurationError(
                f"{self._profile.file}: server_side_parameters has no {_CATALOG_SETTINGS}{name}",
                "restore it: Python and Spark must find the same lake there",
            ) from None


def identifier_of(table: str) -> Identifier:
    """Return namespace and name of a table that SQL names, such as gold.fct_orders."""
    namespace, name = table.split(".", 1)
    return namespace, name


def open_catalog(settings: Settings) -> Catalog:
    """Return the pyiceberg catalog of the lake. Raises ConfigurationError, EnvironmentFault."""
    return Lake(settings).catalog
