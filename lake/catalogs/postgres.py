"""The catalog in a PostgreSQL database: `jdbc:postgresql://…` -> pointers, changes.

Spark's JdbcCatalog reads the same URL and `jdbc.…` settings, so both find the same tables.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from lake.catalogs import drop_log, sql
from lake.catalogs.base import BUSY_TIMEOUT_SECONDS, CATALOG
from lake.errors import ConfigurationError, EnvironmentFault
from lake.tls import Tls, is_local

if TYPE_CHECKING:
    import psycopg
    from pyiceberg.catalog import Catalog
    from sqlalchemy import URL

PREFIX = "jdbc:postgresql:"
DEFAULT_PORT = 5432
CREATION_LOCK = 0x4649524E  # of PostgreSQL's advisory locks: whoever makes the catalog's tables
CONNECT_TIMEOUT_SECONDS = 10
# Where TLS is set, and what libpq's messages hold when it fails.
TLS_SETTINGS = "the catalog's URL or jdbc. settings in profiles.yml, or PGSSLMODE and PGSSLROOTCERT"
TLS_WORDS = ("SSL", "certificate", "TLS")
# Settings of pgjdbc that libpq has too, by libpq's name.
SHARED_SETTINGS = {
    "user": "user",
    "password": "password",
    "sslmode": "sslmode",
    "sslrootcert": "sslrootcert",
    "connectTimeout": "connect_timeout",
    "ApplicationName": "application_name",
}
# Settings of pgjdbc and JdbcCatalog that change nothing of where Python connects.
JAVA_SETTINGS = frozenset(
    {"loginTimeout", "socketTimeout", "tcpKeepAlive", "prepareThreshold", "reWriteBatchedInserts"}
    | {"schema-version", "strict-mode", "init-catalog-tables", "add-view-support"}
)


@dataclass(frozen=True)
class Address:
    """Where the database is and how to log in: libpq's settings by name."""

    host: str
    port: int
    database: str
    settings: Mapping[str, str] = field(repr=False)

    @classmethod
    def parse(cls, uri: str, jdbc_settings: Mapping[str, str]) -> Address:
        """Read a JDBC URL and the catalog's `jdbc.…` settings, below which the URL's own stand.

        Raises ConfigurationError for what Spark would read and Python cannot.
        """
        server, _, query = uri.removeprefix(PREFIX).partition("?")
        if not server.startswith("//") or "@" in server or "," in server:
            raise ConfigurationError(
                f"the catalog's URL is not of the form {PREFIX}//<host>:<port>/<database>",
                "name one server; user and password go to spark.sql.catalog.lake.jdbc.user and"
                " jdbc.password",
            )
        place, _, database = server.removeprefix("//").partition("/")
        host, port = host_and_port(place)
        given = {**jdbc_settings, **dict(parse_qsl(query, keep_blank_values=True))}
        settings = {SHARED_SETTINGS[name]: given[name] for name in SHARED_SETTINGS if name in given}
        if unknown := sorted(given.keys() - SHARED_SETTINGS.keys() - JAVA_SETTINGS):
            raise ConfigurationError(
                f"the catalog {host}:{port}/{database} is given {', '.join(unknown)}, which only"
                " Spark would obey",
                f"leave it out; allowed: {', '.join(sorted(SHARED_SETTINGS.keys()))}",
            )
        return cls(host, port, unquote(database) or settings.get("user", ""), settings)

    @property
    def tls(self) -> Tls:
        """How much of the server's certificate is checked."""
        asked = self.settings.get("sslmode"), self.settings.get("sslrootcert")
        return Tls(*asked, stays_here=is_local(self.host))

    @property
    def label(self) -> str:
        """The server and database, without user and password."""
        return f"postgresql://{self.host}:{self.port}/{self.database}"

    def libpq(self) -> dict[str, Any]:
        """Return what psycopg connects with."""
        waits = {"connect_timeout": str(CONNECT_TIMEOUT_SECONDS)}
        place = {"host": self.host, "port": self.port, "dbname": self.database}
        return {**waits, **self.settings, **place}

    def url(self) -> URL:
        """Return what SQLAlchemy connects with."""
        from sqlalchemy import URL

        query = {k: v for k, v in self.libpq().items() if k not in {"host", "port", "dbname"}}
        user, password = query.pop("user", None), query.pop("password", None)
        return URL.create(
            "postgresql+psycopg", user, password, self.host, self.port, self.database, query
        )


def host_and_port(place: str) -> tuple[str, int]:
    """Split what stands between `//` and `/` of a URL. Raises ConfigurationError for no port."""
    host, colon, port = place.rpartition(":") if not place.endswith("]") else (place, "", "")
    if not colon:
        host, port = place, str(DEFAULT_PORT)
    if not port.isdigit():
        raise ConfigurationError(
            f"the catalog's URL has the port {port!r}", "give it a number such as 5432"
        )
    return host.strip("[]") or "localhost", int(port)


class PostgresCatalog(sql.DatabaseCatalog):
    """The lake's catalog in PostgreSQL; its tables need not be there yet."""

    _log_statements = drop_log.OF_POSTGRES

    def __init__(self, address: Address) -> None:
        """Remember where it is; nothing is connected yet."""
        self.address = address

    @property
    def label(self) -> str:
        """Server and database, without user and password."""
        return self.address.label

    def open(self, properties: Mapping[str, str]) -> Catalog:
        """Return the pyiceberg catalog; its tables are made when missing, by one at a time."""
        from sqlalchemy.exc import SQLAlchemyError

        from lake.catalogs.ordered_sql import OrderedSqlCatalog

        url = self.address.url().render_as_string(hide_password=False)
        # The server may have been restarted since a connection was last used.
        settings = {"schema_version": "v1", "pool_pre_ping": "true", **properties}
        with self._named_faults("opened", SQLAlchemyError), self._connect() as connection:
            connection.execute("select pg_advisory_xact_lock(%s)", (CREATION_LOCK,))
            catalog = OrderedSqlCatalog(CATALOG, uri=url, **settings)
        weakref.finalize(catalog, catalog.engine.dispose)  # close what its pool keeps open
        return catalog

    def copy_to(self, file: Path) -> bool:  # noqa: ARG002
        """Return False: a server's databases have backups of their own."""
        return False

    def _rows(self, query: str, values: Sequence[object]) -> list[dict[str, Any]]:
        from psycopg.errors import UndefinedTable
        from psycopg.rows import dict_row

        with self._named_faults("read"), self._connect() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            try:
                return cursor.execute(_marked(query), values).fetchall()
            except UndefinedTable:
                return []

    @contextmanager
    def _transaction(self) -> Iterator[sql.Execute]:
        """Give what runs statements of one transaction, which a raised error takes back."""
        with self._named_faults("changed"), self._connect() as connection:
            connection.execute(f"set local lock_timeout = '{BUSY_TIMEOUT_SECONDS}s'".encode())
            yield lambda query, values: connection.execute(_marked(query), values)

    def _connect(self) -> psycopg.Connection:
        import psycopg

        return psycopg.connect(**self.address.libpq())

    @contextmanager
    def _named_faults(self, done: str, *others: type[Exception]) -> Iterator[None]:
        import psycopg

        faults: tuple[type[Exception], ...] = (psycopg.Error, *others)
        try:
            yield
        except faults as error:
            said = f"the catalog {self.label} cannot be {done}"
            raise self._tls_fault(said, error) or EnvironmentFault(
                f"{said}: {' '.join(str(error).split())}", "firn doctor"
            ) from error

    def _tls_fault(self, said: str, error: Exception) -> EnvironmentFault | None:
        """Return what is wrong with TLS, if the driver complains of it: it does not say what."""
        if not any(word in str(error) for word in TLS_WORDS):
            return None
        from lake.tls_faults import examine_server

        address = self.address
        return examine_server(address.host, address.port, address.tls, said, TLS_SETTINGS)


def _marked(query: str) -> bytes:
    """Return a statement with psycopg's marks for values."""
    return query.replace("?", "%s").encode()
