"""A dbt plugin for what no macro can repair in dbt-spark 1.11: dbt finds it by its name alone."""

import sys

from dbt.plugins.manager import dbtPlugin

ADAPTER = "dbt.adapters.spark.impl"


class RepairsPlugin(dbtPlugin):
    """Repairs the classes of dbt-spark, once in a process."""

    def initialize(self) -> None:
        """Replace what is wrong in dbt-spark; nothing to do for other adapters."""
        if ADAPTER in sys.modules:
            from dbt_spark_repairs import adapter, ansi

            ansi.repair()
            adapter.repair()


plugins = [RepairsPlugin]
