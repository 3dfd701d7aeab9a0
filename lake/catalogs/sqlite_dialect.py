"""What SQLAlchemy, and so pyiceberg, does in a SQLite catalog: waits and faults are Firn's own.

pyiceberg takes any error of its first question for missing tables: one that is no such error has
to be a fault before pyiceberg sees it. Its URL is `sqlite+firn:///<file>?timeout=<seconds>`.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import ExceptionContext

from lake.catalogs.sqlite_connection import Patience, WaitingConnection, connect
from lake.catalogs.sqlite_file import fault_of

NAME = "firn"
_SQL_ERROR = sqlite3.SQLITE_ERROR  # of the statement, such as a table that is missing


class FirnDialect(SQLiteDialect_pysqlite):
    """SQLite's own dialect, with connections that wait for the lock and say so."""

    driver = NAME
    supports_statement_cache = True

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Let errors of an engine be named."""
        event.listen(engine, "handle_error", _raise_fault)

    def connect(self, *arguments: Any, **settings: Any) -> WaitingConnection:  # type: ignore[override]  # noqa: ANN401
        """Connect to the file that the URL names."""
        patience = Patience(Path(arguments[0]), settings.pop("timeout"))
        return connect(patience, *arguments, **settings)


def register() -> None:
    """Let SQLAlchemy find the dialect by its name."""
    registry.register(f"sqlite.{NAME}", __name__, FirnDialect.__name__)


def _raise_fault(context: ExceptionContext) -> None:
    error, engine = context.original_exception, context.engine
    if engine is None or not isinstance(error, sqlite3.Error | OSError):
        return
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
        return
    if getattr(error, "sqlite_errorcode", _SQL_ERROR) == _SQL_ERROR:
        return
    seconds = float(str(engine.url.query["timeout"]))
    raise fault_of(Path(engine.url.database or ""), "used", error, seconds) from error
