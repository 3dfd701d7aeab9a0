"""Which kind of catalog a target names: Spark's settings of the catalog -> its backend."""

from __future__ import annotations

from collections.abc import Mapping

from lake.catalogs.base import CATALOG, CatalogBackend
from lake.errors import ConfigurationError

JDBC, REST = "jdbc", "rest"
BUSY_TIMEOUT = "jdbc.busy_timeout"  # milliseconds, of sqlite-jdbc
KNOWN = "jdbc:sqlite:<file>, jdbc:postgresql://<host>:<port>/<database> and, of type rest, http(s)"


def backend_of(settings: Mapping[str, str], profile: str) -> CatalogBackend:
    """Return the catalog that Spark's `spark.sql.catalog.lake.<name>` settings name, unopened.

    `profile` is where they were read, for messages. Raises ConfigurationError for any other kind.
    """
    kind, uri = settings.get("type", JDBC), settings["uri"]
    database = ":".join(uri.split(":", 2)[:2]) + ":"
    if kind == JDBC and database == "jdbc:sqlite:":
        from lake.catalogs.sqlite import SqliteCatalog

        return SqliteCatalog(uri, *_busy_seconds(settings, profile))
    if kind == JDBC and database == "jdbc:postgresql:":
        from lake.catalogs.postgres import Address, PostgresCatalog

        own = f"{JDBC}."
        jdbc = {name.removeprefix(own): v for name, v in settings.items() if name.startswith(own)}
        return PostgresCatalog(Address.parse(uri, jdbc))
    if kind == REST and uri.startswith(("http://", "https://")):
        from lake.catalogs.rest import RestCatalog

        return RestCatalog(settings)
    what, value = ("type", kind) if kind not in {JDBC, REST} else ("uri", database)
    raise ConfigurationError(
        f"{profile}: spark.sql.catalog.{CATALOG}.{what} is {value!r}, only {KNOWN} are known",
        "give the target a catalog of a known kind",
    )


def _busy_seconds(settings: Mapping[str, str], profile: str) -> tuple[float, ...]:
    """Return how long Spark waits for the lock of a SQLite file, if the profile says it."""
    given = settings.get(BUSY_TIMEOUT)
    if given is None:
        return ()
    if not given.isdigit():
        raise ConfigurationError(
            f"{profile}: spark.sql.catalog.{CATALOG}.{BUSY_TIMEOUT} is {given!r}",
            "give it a number of milliseconds such as 60000",
        )
    return (int(given) / 1000,)
