"""Databases for catalogs: the session's PostgreSQL -> Spark's settings of a new catalog."""

import itertools
from collections.abc import Mapping

from sandbox.postgres import EmbeddedPostgres

OWNER = "catalog_owner"
_NUMBERS = itertools.count(1)
CatalogSettings = Mapping[str, str]


def new_database(server: EmbeddedPostgres) -> CatalogSettings:
    """Return Spark's settings of a catalog in a new, empty database."""
    server.ensure_role(OWNER)
    database = f"catalog {next(_NUMBERS)}"
    server.ensure_database(database, OWNER)
    password = server.url(OWNER).partition(f"{OWNER}:")[2].partition("@")[0]
    return {
        "type": "jdbc",
        "uri": f"jdbc:postgresql://127.0.0.1:{server.port}/{database.replace(' ', '%20')}",
        "jdbc.user": OWNER,
        "jdbc.password": password,
        "jdbc.schema-version": "V1",
    }
