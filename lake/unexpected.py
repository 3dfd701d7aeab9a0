"""Errors that nobody named: any exception -> one that names what it cost, its trace in a log."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from pathlib import Path

from lake.errors import LoadError
from lake.private import private_folder

LOG = Path("logs") / "errors.log"


class UnexpectedError(LoadError):
    """Something was raised that Firn does not know; its stack trace is in the log of errors."""


def unexpected(home: Path, label: str, error: Exception) -> UnexpectedError:
    """Return the fault of `label` that an unknown exception is, its stack trace written to a log.

    Neither quotes the exception's text, which may hold values or a secret.
    """
    kind = type(error).__name__
    where = _written(home / LOG, label, error)
    return UnexpectedError(
        f"{label}: {kind}, which Firn does not expect here; nothing of it was committed",
        f"see {where}; if it comes again, report it: the last lines there say where it was raised",
    )


def _written(log: Path, label: str, error: Exception) -> str:
    """Append where an exception was raised; return where that can be read."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    text = f"{datetime.now(UTC).isoformat()} {label}: {type(error).__qualname__}\n{frames}\n"
    try:
        private_folder(log.parent)
        with log.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        return f"the log, which cannot be written ({log})"
    return str(log)
