"""What dbt and the Spark within it write -> files of their owner alone, temporary ones too."""

import os
from pathlib import Path

from dbt.flags import get_flags
from dbt.plugins.manager import dbtPlugin

# They write into the project, which is shared as any repository is.
FOR_THE_PROJECT = frozenset({"deps", "init"})


class PrivateFiles(dbtPlugin):
    """Sets the umask of dbt's process, and so that of the Java that it starts."""

    def initialize(self) -> None:
        """Take all rights from others, unless the home is shared. Raises ConfigurationError."""
        flags = get_flags()  # type: ignore[no-untyped-call]
        if flags.WHICH in FOR_THE_PROJECT:
            return
        from lake.settings import Settings

        umask = Settings.load(Path(flags.PROJECT_DIR)).umask
        if umask >= 0:
            os.umask(umask)
