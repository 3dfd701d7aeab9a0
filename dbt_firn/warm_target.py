"""`--target warm` -> a server that answers, or a clear word before dbt connects.

Connect's client would try for ten minutes to reach a server that is not there, and print nothing.
"""

import warnings
from pathlib import Path

from dbt.flags import get_flags
from dbt.plugins.manager import dbtPlugin

TARGET = "warm"
WITHOUT_SPARK = frozenset({"parse", "list", "clean", "deps", "debug"})
# Asked for by dbt-spark with every statement; the server keeps its own.
REFUSED_SETTING = "Failed to set spark.sql.catalogImplementation"


class WarmTarget(dbtPlugin):
    """What the target `warm` needs before dbt connects to it; other targets cost nothing."""

    def initialize(self) -> None:
        """Check that the warm Spark is there. Raises EnvironmentFault, which ends dbt's command."""
        flags = get_flags()  # type: ignore[no-untyped-call]
        if flags.TARGET != TARGET or flags.WHICH in WITHOUT_SPARK:
            return
        from lake.settings import Settings
        from operations.runtime.sql_session import limit_retries
        from operations.runtime.warm_spark import WarmSpark

        WarmSpark(Settings.load(Path(flags.PROJECT_DIR))).require()
        warnings.filterwarnings("ignore", message=REFUSED_SETTING)
        limit_retries()  # on this machine nobody restarts it
