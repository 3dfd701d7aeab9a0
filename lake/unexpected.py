"""Errors that nobody named: any exception -> a damaged file, or what it cost."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lake.errors import FirnError, LoadError
from lake.private import private_folder

if TYPE_CHECKING:
    from lake.lake import Identifier, Lake

LOG = Path("logs") / "errors.log"


class UnexpectedError(LoadError):
    """Something was raised that Firn does not know; its stack trace is in the log of errors."""


def fault_behind(
    lake: Lake, label: str, tables: Iterable[Identifier], error: Exception
) -> FirnError:
    """Return the fault of `label` that an unknown exception is: a damaged file of these tables.

    Where all their files are whole, it stays unknown.
    """
    from lake.damage import damage_among

    return damage_among(lake, tables) or unexpected(lake.home, label, error)


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
