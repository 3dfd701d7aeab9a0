"""`--target warm` -> a server that answers, and its token; or a clear word before dbt connects.

Connect's client would try for ten minutes to reach a server that is not there, and print nothing.
"""

import warnings
from contextlib import suppress
from pathlib import Path

from dbt.flags import get_flags
from dbt.plugins.manager import dbtPlugin

from lake.errors import FirnError

TARGET = "warm"
WITHOUT_SPARK = frozenset({"parse", "list", "clean", "deps", "init"})
DEBUG = "debug"  # says itself what it cannot connect to
# Asked for by dbt-spark with every statement; the server keeps its own.
REFUSED_SETTING = "Failed to set spark.sql.catalogImplementation"


class WarmTarget(dbtPlugin):
    """What the target `warm` needs before dbt connects to it; other targets cost nothing."""

    def initialize(self) -> None:
        """Check that the warm Spark is there. Raises EnvironmentFault, which ends dbt's command."""
        flags = get_flags()  # type: ignore[no-untyped-call]
        if flags.WHICH in WITHOUT_SPARK or _target(flags.TARGET, flags.PROJECT_DIR) != TARGET:
            return
        from lake.settings import Settings
        from operations.runtime.connect_client import limit_retries, send_token
        from operations.runtime.warm_spark import WarmSpark

        server = WarmSpark(Settings.load(Path(flags.PROJECT_DIR)))
        if flags.WHICH != DEBUG:
            server.require()
        warnings.filterwarnings("ignore", message=REFUSED_SETTING)
        limit_retries()  # on this machine nobody restarts it
        send_token(server.port, server.token)


def _target(named: str | None, project_dir: str) -> str | None:
    """Return the target of the command, or the profile's own where it names none."""
    if named:
        return named
    from lake.profiles import Profile
    from lake.settings import Settings

    with suppress(FirnError):  # a project with another profile
        return Profile(Settings.load(Path(project_dir))).target
    return None
