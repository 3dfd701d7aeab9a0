"""The token of the warm Spark: random text <-> a file that only its owner reads.

Whoever sends it to the server's port may do there what the server's user may do.
"""

import secrets
from pathlib import Path

from lake.errors import EnvironmentFault
from lake.private import is_open_to_others

# Read by the server when it starts. pyspark's client reads it too; Firn's gets the file instead.
VARIABLE = "SPARK_CONNECT_AUTHENTICATE_TOKEN"
RENEW = "firn spark stop && firn spark start"


class SparkToken:
    """The token in a file, made when the server starts and removed when it stops."""

    def __init__(self, file: Path) -> None:
        """Name the file; nothing is read or written yet."""
        self.file = file

    def renew(self) -> str:
        """Write a new token (mode 0600), and return it: a secret, never to be logged."""
        token = secrets.token_urlsafe(32)
        unfinished = self.file.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text(token, encoding="utf-8")
        unfinished.replace(self.file)
        return token

    def read(self) -> str:
        """Return the token: a secret, never to be logged.

        Raises EnvironmentFault when the file is missing, cannot be read, is empty, or can be read
        by other users.
        """
        try:
            token, is_open = self.file.read_text(encoding="utf-8"), is_open_to_others(self.file)
        except FileNotFoundError:
            raise EnvironmentFault(
                f"the warm Spark's token {self.file} is missing", RENEW
            ) from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it holds no text"
            raise EnvironmentFault(
                f"the warm Spark's token {self.file} cannot be read: {reason}",
                f"work as the user whose FIRN_HOME this is, or: {RENEW}",
            ) from None
        if is_open:
            raise EnvironmentFault(
                f"the warm Spark's token {self.file} can be read by other users",
                f"chmod 600 {self.file} && {RENEW}",
            )
        if not token:
            raise EnvironmentFault(f"the warm Spark's token {self.file} is empty", RENEW)
        return token

    def remove(self) -> None:
        """Remove the file, if it is there: no server takes the token any more."""
        self.file.unlink(missing_ok=True)
