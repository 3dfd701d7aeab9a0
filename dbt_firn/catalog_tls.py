"""Lets dbt's Spark check the certificate of a catalog's server just as Python does.

dbt-spark gives Spark what profiles.yml says, and pgjdbc unasked takes any certificate.
"""

from functools import cache
from typing import Any

from dbt.adapters.contracts.connection import Connection
from dbt.adapters.spark.connections import SparkConnectionManager
from dbt.plugins.manager import dbtPlugin
from dbt_common.exceptions import DbtRuntimeError


class CatalogTls(dbtPlugin):
    """Adds to the settings of Spark what a PostgreSQL catalog needs of TLS, before dbt connects."""

    def initialize(self) -> None:
        """Wrap dbt-spark's `open`."""
        _wrap_open()


@cache
def _wrap_open() -> None:
    """Wrap it once in a process, which may run dbt many times."""
    manager: Any = SparkConnectionManager
    stock = manager.open.__func__

    def open_with_tls(cls: type[SparkConnectionManager], connection: Connection) -> Connection:
        _write_out(connection.credentials.server_side_parameters)
        opened: Connection = stock(cls, connection)
        return opened

    manager.open = classmethod(open_with_tls)


def _write_out(parameters: dict[str, str]) -> None:
    """Change the settings in place: dbt and Firn's macros read them from there."""
    from lake.catalogs.postgres_tls import with_tls
    from lake.errors import FirnError
    from lake.settings import Settings

    try:
        parameters.update(with_tls(parameters, Settings.load().environment()))
    except FirnError as error:
        raise DbtRuntimeError(str(error)) from error
