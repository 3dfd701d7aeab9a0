"""Connections to a SQLite catalog that wait for its lock and say so: statement -> its cursor."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from lake.catalogs.base import BUSY_TIMEOUT_SECONDS, WAITING_LOG
from lake.catalogs.sqlite_file import held_by, is_busy

UNTOLD_SECONDS = 5.0  # of waiting, before anybody is told
BETWEEN_SECONDS = 0.05  # where SQLite refuses at once
Result = TypeVar("Result")
_log = logging.getLogger(WAITING_LOG)


@dataclass(frozen=True)
class Patience:
    """How long the lock of a catalog's file is waited for."""

    file: Path
    seconds: float = BUSY_TIMEOUT_SECONDS

    @property
    def step_seconds(self) -> float:
        """How long one attempt waits."""
        return min(UNTOLD_SECONDS, self.seconds)

    def wait(self, attempt: Callable[[], Result]) -> Result:
        """Return what `attempt` does, made until nobody holds the lock or the time is over.

        A warning says once for whom is waited. Raises what the last attempt raised.
        """
        until, is_told = time.monotonic() + self.seconds, False
        while True:
            try:
                return attempt()
            except (sqlite3.OperationalError, TimeoutError) as error:
                if not is_busy(error) or time.monotonic() >= until:
                    raise
            if not is_told:
                _log.warning(
                    "waiting up to %g s for the catalog %s, which another process has locked (%s)",
                    self.seconds,
                    self.file,
                    held_by(self.file),
                )
                is_told = True
            time.sleep(BETWEEN_SECONDS)


class WaitingConnection(sqlite3.Connection):
    """A connection whose statements wait with patience; who connects has to give it some."""

    patience: Patience

    def cursor(self, factory: object = None) -> WaitingCursor:  # type: ignore[override]  # noqa: ARG002
        """Return a cursor whose statements wait."""
        return super().cursor(WaitingCursor)

    def execute(self, sql: str, parameters: Any = ()) -> WaitingCursor:  # noqa: ANN401
        """Run a statement on a cursor of its own."""
        return self.cursor().execute(sql, parameters)


class WaitingCursor(sqlite3.Cursor):
    """Runs statements; one that meets a lock is run again, for it has changed nothing."""

    connection: WaitingConnection

    def execute(self, sql: str, parameters: Any = ()) -> Self:  # noqa: ANN401
        """Run a statement when the lock is free."""
        run = super().execute
        return self.connection.patience.wait(lambda: run(sql, parameters))

    def executemany(self, sql: str, parameters: Iterable[Any]) -> Self:
        """Run a statement for each of several rows when the lock is free."""
        run, rows = super().executemany, list(parameters)
        return self.connection.patience.wait(lambda: run(sql, rows))


def connect(patience: Patience, *arguments: Any, **settings: Any) -> WaitingConnection:  # noqa: ANN401
    """Connect as sqlite3.connect does, to statements that wait."""
    settings |= {"factory": WaitingConnection, "timeout": patience.step_seconds}
    connection = sqlite3.connect(*arguments, **settings)
    assert isinstance(connection, WaitingConnection)  # noqa: S101 - the factory's
    connection.patience = patience
    return connection
