"""A dbt plugin that keeps ANSI SQL on: dbt finds it by its name as soon as it can be imported.

dbt-spark 1.11 writes `spark.sql.ansi.enabled=false` over what a profile says, and sets it again at
each statement, so that a cast that fails is NULL and a sum that is too large wraps around. No macro
can change that. With this plugin a profile asks for ANSI by another setting, which Spark ignores:

    server_side_parameters: {spark.dbt.ansi.enabled: "true"}
"""

import sys

from dbt.adapters.contracts.connection import Connection
from dbt.plugins.manager import dbtPlugin

SWITCH = "spark.dbt.ansi.enabled"
ANSI = "spark.sql.ansi.enabled"


class AnsiPlugin(dbtPlugin):
    """Gives each connection of dbt-spark the ANSI mode that its profile asks for."""

    def initialize(self) -> None:
        """Wrap dbt-spark's `open`, once in a process; nothing to do for other adapters."""
        connections = sys.modules.get("dbt.adapters.spark.connections")
        if connections is None:
            return
        manager = connections.SparkConnectionManager
        if manager.open.__module__ == __name__:
            return
        stock = manager.open.__func__

        def open_with_ansi(cls: type, connection: Connection) -> Connection:
            parameters = connection.credentials.server_side_parameters
            if parameters.get(SWITCH, "").lower() == "true":
                parameters[ANSI] = "true"
            opened: Connection = stock(cls, connection)
            return opened

        manager.open = classmethod(open_with_ansi)


plugins = [AnsiPlugin]
