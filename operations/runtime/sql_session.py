"""Opens the Spark that a target names: profile -> in process, Spark Connect or Thrift -> a session.

method: session                 a Spark in this process
method: session, spark.remote   a Spark Connect server
method: thrift                  a Thrift server, by PyHive
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from lake.errors import ConfigurationError
from lake.profiles import Profile
from lake.settings import Settings
from operations.runtime.connect_client import REMOTE
from operations.runtime.sql_engine import Row, StatementError, first_line, fix_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SUPPORTED = ("session", "thrift")
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
    server that the target names does not listen, or is the warm Spark and its token is unusable.
    """
    profile = Profile(settings)
    connection = profile.connection()
    method = connection.get("method")
    if method == "session":
        parameters = profile.spark_parameters()
        if REMOTE in parameters:
            from operations.runtime.warm_client import prepare_client

            prepare_client(settings, parameters[REMOTE])
        return PysparkSession(spark_session(parameters))
    if method == "thrift":
        return ThriftSession(connection, profile.spark_parameters())
    raise ConfigurationError(
        f"{profile.file}: the method {method!r} of the target is not supported by firn",
        f"choose a target with one of: {', '.join(SUPPORTED)}",
    )


def spark_session(parameters: Mapping[str, str]) -> SparkSession:
    """Return the session with these settings, on the server that `spark.remote` may name.

    dbt in the same process, with the same target, uses it too.
    """
    from pyspark.sql import SparkSession

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
            said = first_line(error)
            raise StatementError(said, fix_of(said)) from error

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


def _thrift_message(error: Exception) -> str:
    """Return what Spark says; PyHive gives the server's whole answer as the error."""
    status = getattr(error.args[0] if error.args else None, "status", None)
    message = getattr(status, "errorMessage", None)
    return first_line(Exception(message)) if message else first_line(error)
