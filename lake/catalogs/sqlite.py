"""The catalog in one SQLite file on this machine: `jdbc:sqlite:<file>` -> pointers, changes."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.catalogs import drop_log, sql
from lake.catalogs.base import BUSY_TIMEOUT_SECONDS, CATALOG
from lake.catalogs.sqlite_connection import Patience, WaitingConnection, connect
from lake.catalogs.sqlite_file import fault_of, write_fault
from lake.private import private_folder

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

PREFIX = "jdbc:sqlite:"


class _KeptConnection(threading.local):
    """The connection of one thread, and of which process and file it is."""

    connection: WaitingConnection | None = None
    identity: tuple[int, int, int] | None = None


class SqliteCatalog(sql.DatabaseCatalog):
    """The lake's catalog in a SQLite file, which need not be there yet.

    Each thread keeps its connection: the first commit of a new one waits for the disk twice.
    """

    _log_statements = drop_log.OF_SQLITE

    def __init__(self, uri: str, busy_seconds: float = BUSY_TIMEOUT_SECONDS) -> None:
        """Remember the file that a JDBC URL names; nothing is read yet.

        `busy_seconds` is how long another process's lock is waited for.
        """
        self.file: Path = Path(uri.removeprefix(PREFIX))
        self._patience = Patience(self.file, busy_seconds)
        self._kept = _KeptConnection()

    @property
    def label(self) -> str:
        """The file's path."""
        return str(self.file)

    def open(self, properties: Mapping[str, str]) -> Catalog:
        """Return the pyiceberg catalog; the file and its tables are made when missing."""
        from filelock import FileLock

        from lake.catalogs import sqlite_dialect
        from lake.catalogs.ordered_sql import OrderedSqlCatalog

        sqlite_dialect.register()
        uri = f"sqlite+{sqlite_dialect.NAME}:///{self.file}?timeout={self._patience.seconds}"
        lock = FileLock(self.file.with_suffix(".lock"), timeout=self._patience.step_seconds)
        with self._named_faults("opened"):
            private_folder(self.file.parent)
            with self._patience.wait(lock.acquire):  # two would make its tables
                with closing(self._connect("rwc")) as connection:
                    connection.execute("pragma journal_mode = wal")
                return OrderedSqlCatalog(CATALOG, uri=uri, **properties)

    def require_writable(self) -> None:
        """Begin to write, and end that: a lock is waited for, and a file that is read-only told."""
        with self._named_faults("changed"):
            if fault := write_fault(self.file, f"the catalog {self.file} cannot be changed"):
                raise fault  # which SQLite says of the first change only
            if self.file.exists():
                with self._transaction():
                    pass

    def copy_to(self, file: Path) -> bool:
        """Write a copy to a file that only its owner can read, whole or not at all."""
        if not self.file.exists():
            return False
        unfinished = file.with_suffix(".new")
        with self._named_faults("copied"):
            private_folder(file.parent)
            unfinished.unlink(missing_ok=True)
            unfinished.touch(mode=0o600)
            with (
                self._connection() as connection,
                closing(sqlite3.connect(unfinished)) as copy,
            ):
                connection.backup(copy)
            unfinished.replace(file)
        return True

    def _rows(self, query: str, values: Sequence[object]) -> list[dict[str, Any]]:
        with self._named_faults("read"):
            if not self.file.exists():
                return []
            try:
                with self._connection() as connection:
                    return [dict(row) for row in connection.execute(query, values)]
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise

    @contextmanager
    def _transaction(self) -> Iterator[sql.Execute]:
        """Give what runs statements of one transaction; another writer is waited for first."""
        with self._named_faults("changed"), self._connection() as connection, connection:
            connection.execute("begin immediate")
            yield connection.execute

    @contextmanager
    def _connection(self) -> Iterator[WaitingConnection]:
        """Give this thread's connection to the file that is there now; a failed one is closed."""
        found = self.file.stat()
        identity = os.getpid(), found.st_dev, found.st_ino
        kept = self._kept
        if kept.connection is None or kept.identity != identity:
            kept.connection, kept.identity = self._connect(), identity
        try:
            yield kept.connection
        except sqlite3.Error:
            kept.connection.close()
            kept.connection = None
            raise

    def _connect(self, mode: str = "rw") -> WaitingConnection:
        """Return a connection; only mode `rwc` makes a file that is missing."""
        uri = f"{self.file.absolute().as_uri()}?mode={mode}"
        connection = connect(self._patience, uri, uri=True)
        connection.row_factory = sqlite3.Row
        return connection

    @contextmanager
    def _named_faults(self, done: str) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise fault_of(self.file, done, error, self._patience.seconds) from error
