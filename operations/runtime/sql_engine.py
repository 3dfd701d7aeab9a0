"""SQL on the lake, whoever runs it: statement -> rows, or what Spark says, as JSON lines."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from lake.errors import FirnError, LoadError
from operations.runtime.spark_token import RENEW

Row = dict[str, Any]
_RPC_DETAILS = re.compile(
    r'\A<_\w+ of RPC that terminated with:.*?\bdetails = "(.*?)"\n', re.DOTALL
)


# What is said of a token by the warm Spark, and by who reads the file.
_OF_A_TOKEN = ("authentication token", "warm Spark's token")


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
        said = first_line(error)
        return json.dumps({"error": said, "fix": fix_of(said)})


def rows_of(answered: str, statement: str, log: Path) -> list[Row]:
    """Return the rows of an answer. Raises StatementError with what Spark said instead."""
    result = json.loads(answered)
    if isinstance(result, dict):
        fix = result["fix"] or f"read {log}; the statement was: {statement}"
        raise StatementError(result["error"], fix)
    return list(result)


def first_line(error: Exception) -> str:
    """Return the first line of an error that says something; Java's stack trace comes after it.

    Of an error of gRPC, that is its details.
    """
    if details := _RPC_DETAILS.search(str(error)):
        return details[1]
    return next((line for line in str(error).splitlines() if line.strip()), repr(error))


def fix_of(said: str) -> str:
    """Return what helps where a message is of the warm Spark's token; "" for any other."""
    return RENEW if any(words in said for words in _OF_A_TOKEN) else ""
