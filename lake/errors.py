"""What can go wrong, as things a caller can act on: fault -> message + fix -> exit code."""


class FirnError(Exception):
    """A fault that Firn can name: `message` says what is wrong, `fix` what helps against it.

    `exit_code` is what a command ends with: 1 a load failed, 2 wrong configuration or environment,
    3 going on would lose data, or what joins it.
    """

    exit_code = 1

    def __init__(self, message: str, fix: str = "") -> None:
        """Keep `message` and `fix`; neither may ever hold a secret."""
        super().__init__(message, fix)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        """Return the message, and on a line of its own the fix."""
        return f"{self.message}\n  fix: {self.fix}" if self.fix else self.message


class ConfigurationError(FirnError):
    """A declaration, a setting or an option says something that cannot be done."""

    exit_code = 2


class EnvironmentFault(FirnError):  # noqa: N818 - the environment errs, not the caller
    """Something Firn needs is not there: a server, a file, a right, another process's lock."""

    exit_code = 2


class LoadError(FirnError):
    """A load was started and could not be finished; nothing of it was committed."""

    exit_code = 1


class ConflictError(LoadError):
    """Somebody else committed since this load was planned, so it must be planned again."""


class CommitFailedError(LoadError):
    """The catalog did not take a commit, for a reason that may pass."""


class AllSetAsideError(FirnError):
    """All that a load read went to quarantine; it was committed and is not read again."""

    exit_code = 1


class DataLossError(FirnError):
    """Going on would remove rows that nobody said may go; nothing was committed."""

    exit_code = 3


class TokenKeyError(FirnError):
    """The tokens of a table were made with another key; nothing was written."""

    exit_code = 3
