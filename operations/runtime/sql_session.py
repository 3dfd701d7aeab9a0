"""Opens the Spark that a target names: profile -> in process, Spark Connect or Thrift -> a session.

method: session                 a Spark in this process
method: session, spark.remote   a Spark Connect server
method: thrift                  a Thrift server, by PyHive
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from functools import partialmethod
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import urlparse

from lake.errors import ConfigurationError, EnvironmentFault
from lake.profiles import Profile
from lake.settings import Settings
from operations.runtime.sql_engine import Row, StatementError, first_line

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REMOTE = "spark.remote"
SUPPORTED = ("session", "thrift")
CONNECT_PORT = 15002  # of a URL that names none
CONNECT_SECONDS = 10.0
CONNECTION_RETRIES = 3  # within about a second
# Of a Thrift target: what dbt-spark would use and the session here does not.
REFUSED_OPTIONS = ("use_ssl", "kerberos_service_name")


class Session(Protocol):
    """An open session: an SqlEngine that can be closed."""

    def sql(self, statement: str) -> list[Row]:
        """Run one statement and return its rows. Raises StatementError with what Spark says."""

    def close(self) -> None:
        """End the session, and a Spark that runs in this process."""


class SessionOpener:
    """The session of a target, opened when first asked for and closed with the `with` block."""

    def __init__(self, settings: Settings) -> None:
        """Remember the target; nothing is opened yet."""
        self._settings = settings
        self._session: Session | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the session, if it was opened."""
        if self._session is not None:
            self._session.close()

    def get(self) -> Session:
        """Return the session. Raises what `open_session` raises."""
        self._session = self._session or open_session(self._settings)
        return self._session


def open_session(settings: Settings) -> Session:
    """Open a session by the target of `settings`.

    Raises ConfigurationError for a method that is none of the three, EnvironmentFault when the
    server that the target names does not listen.
    """
    profile = Profile(settings)
    connection = profile.connection()
    method = connection.get("method")
    if method == "session":
        return PysparkSession(spark_session(profile.spark_parameters()))
    if method == "thrift":
        return ThriftSession(connection, profile.spark_parameters())
    raise ConfigurationError(
        f"{profile.file}: the method {method!r} of the target is not supported by firn",
        f"choose a target with one of: {', '.join(SUPPORTED)}",
    )


def spark_session(parameters: Mapping[str, str]) -> SparkSession:
    """Return the session with these settings, on the server that `spark.remote` may name.

    dbt in the same process, with the same target, uses it too. Raises EnvironmentFault when that
    server does not listen.
    """
    from pyspark.sql import SparkSession

    if REMOTE in parameters:
        _require_listener(parameters[REMOTE])
        limit_retries()
    builder = SparkSession.builder.appName("firn")
    for name, value in parameters.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


class PysparkSession:
    """A session of pyspark's: its Spark is in this process, or a Connect server's."""

    def __init__(self, session: SparkSession) -> None:
        """Use an open session."""
        self._session = session

    def sql(self, statement: str) -> list[Row]:
        """Run one statement and return its rows. Raises StatementError with what Spark says."""
        try:
            return [row.asDict() for row in self._session.sql(statement).collect()]
        except Exception as error:
            raise StatementError(first_line(error)) from error

    def close(self) -> None:
        """End the session, and its Spark where that runs in this process."""
        self._session.stop()


class ThriftSession:
    """A session of a Thrift server, by PyHive."""

    def __init__(self, connection: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        """Connect as a target says, with these settings for the session.

        Raises ConfigurationError for options that are not supported.
        """
        if refused := [name for name in REFUSED_OPTIONS if connection.get(name)]:
            raise ConfigurationError(
                f"Firn does not connect by Thrift with {', '.join(refused)}",
                "choose a target without, or one of method session",
            )
        hive: Any = import_module("pyhive.hive")
        self._connection = hive.connect(
            host=connection["host"],
            port=connection["port"],
            username=connection.get("user"),
            auth=connection.get("auth"),
            password=connection.get("password"),
            configuration=dict(parameters),
        )

    def sql(self, statement: str) -> list[Row]:
        """Run one statement and return its rows. Raises StatementError with what Spark says."""
        cursor = self._connection.cursor()
        try:
            cursor.execute(statement)
            if not cursor.description:
                return []
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except Exception as error:
            raise StatementError(_thrift_message(error)) from error
        finally:
            cursor.close()

    def close(self) -> None:
        """End the session; the server stays."""
        self._connection.close()


def limit_retries() -> None:
    """Let Connect's client miss a server within seconds; by default it tries for ten minutes."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    if isinstance(DefaultPolicy.__dict__["__init__"], partialmethod):
        return
    patient = DefaultPolicy.__init__
    setattr(  # noqa: B010 - to mypy, a method is nothing to assign to
        DefaultPolicy, "__init__", partialmethod(patient, max_retries=CONNECTION_RETRIES)
    )


def _require_listener(url: str) -> None:
    place = urlparse(url)
    try:
        address = place.hostname or "", place.port or CONNECT_PORT
        socket.create_connection(address, CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise EnvironmentFault(f"no Spark listens at {url}: {error}", "firn spark start") from error


def _thrift_message(error: Exception) -> str:
    """Return what Spark says; PyHive gives the server's whole answer as the error."""
    status = getattr(error.args[0] if error.args else None, "status", None)
    message = getattr(status, "errorMessage", None)
    return first_line(Exception(message)) if message else first_line(error)
