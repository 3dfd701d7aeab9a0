"""ANSI SQL stays on where a profile asks for it.

dbt-spark writes `spark.sql.ansi.enabled=false` over what a profile says, and sets it again at each
statement, so that a cast that fails is NULL and a sum that is too large wraps around. A profile
asks for ANSI by another setting, which Spark ignores:

    server_side_parameters: {spark.dbt.ansi.enabled: "true"}
"""

from functools import cache
from typing import Any

from dbt.adapters.contracts.connection import Connection
from dbt.adapters.spark.connections import SparkConnectionManager

SWITCH = "spark.dbt.ansi.enabled"
ANSI = "spark.sql.ansi.enabled"


@cache
def repair() -> None:
    """Wrap dbt-spark's `open`, once; others may wrap it, too."""
    manager: Any = SparkConnectionManager
    stock = manager.open.__func__

    def open_with_ansi(cls: type[SparkConnectionManager], connection: Connection) -> Connection:
        parameters = connection.credentials.server_side_parameters
        if parameters.get(SWITCH, "").lower() == "true":
            parameters[ANSI] = "true"
        opened: Connection = stock(cls, connection)
        return opened

    manager.open = classmethod(open_with_ansi)
