"""SQL on the lake, whoever runs it: statement -> rows, or what Spark says, as JSON lines."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from lake.errors import FirnError, LoadError

Row = dict[str, Any]


class StatementError(LoadError):
    """Spark could not run a statement."""


class SqlEngine(Protocol):
    """A Spark on the lake, whichever process it runs in."""

    def sql(self, statement: str) -> list[Row]:
        """Run one statement and return its rows, each by column name.

        Raises StatementError with what Spark says.
        """


def answer_of(engine: Callable[[], SqlEngine], statement: str) -> str:
    """Run a statement on the engine that is got; return as JSON its rows or what is wrong."""
    try:
        return json.dumps(engine().sql(statement), default=str)
    except FirnError as error:
        return json.dumps({"error": error.message, "fix": error.fix})
    except Exception as error:  # noqa: BLE001 - whatever a client raises, the asker is told of it
        return json.dumps({"error": first_line(error), "fix": ""})


def rows_of(answered: str, statement: str, log: Path) -> list[Row]:
    """Return the rows of an answer. Raises StatementError with what Spark said instead."""
    result = json.loads(answered)
    if isinstance(result, dict):
        fix = result["fix"] or f"read {log}; the statement was: {statement}"
        raise StatementError(result["error"], fix)
    return list(result)


def first_line(error: Exception) -> str:
    """Return the first line of an error that says something; Java's stack trace comes after it."""
    return next((line for line in str(error).splitlines() if line.strip()), repr(error))
