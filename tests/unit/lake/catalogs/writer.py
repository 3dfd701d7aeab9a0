"""A writer of a catalog in a process of its own: settings and a task as JSON -> what came of it.

Run as `python -m tests.unit.lake.catalogs.writer`; a task is one line of standard input.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lake.catalogs import sql
from lake.catalogs.base import PointerChange, PointerConflictError
from lake.catalogs.choice import backend_of
from lake.catalogs.postgres import PostgresCatalog
from lake.catalogs.sqlite import SqliteCatalog

TABLE = ("ops", "counter")


def change(backend: sql.DatabaseCatalog, changes: Sequence[PointerChange]) -> str:
    """Make the changes; return "won", or the tables that had moved."""
    try:
        backend.compare_and_set(changes)
    except PointerConflictError as error:
        return f"moved {' '.join('.'.join(table) for table in error.moved)}"
    return "won"


def count(backend: sql.DatabaseCatalog, times: int) -> str:
    """Add one to the number that a table's pointer is, so many times; return the conflicts met."""
    conflicts = 0
    while times:
        pointer = backend.pointer(TABLE)
        assert pointer is not None
        assert pointer.metadata is not None
        step = PointerChange(TABLE, pointer.metadata, str(int(pointer.metadata) + 1))
        if change(backend, [step]) == "won":
            times -= 1
        else:
            conflicts += 1
    return str(conflicts)


def die_after_first_change() -> None:
    """Let the process be gone, as by a SIGKILL, when it has changed one row of several."""
    first = sql._apply

    def dying(execute: sql.Execute, change: PointerChange) -> bool:
        assert first(execute, change)
        os._exit(137)

    sql._apply = dying


def forget_transactions() -> None:
    """Take the guard away: each statement commits by itself."""

    @contextmanager
    def of_sqlite(backend: SqliteCatalog) -> Iterator[sql.Execute]:
        connection = backend._connect()
        connection.isolation_level = None
        yield connection.execute

    @contextmanager
    def of_postgres(backend: PostgresCatalog) -> Iterator[sql.Execute]:
        connection = backend._connect()
        connection.autocommit = True
        yield lambda query, values: connection.execute(query.replace("?", "%s").encode(), values)

    SqliteCatalog._transaction = of_sqlite  # type: ignore[method-assign, assignment]
    PostgresCatalog._transaction = of_postgres  # type: ignore[method-assign, assignment]


def main() -> None:
    """Answer each task with a line."""
    backend = backend_of(json.loads(sys.stdin.readline()), "a test")
    assert isinstance(backend, sql.DatabaseCatalog)
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        task = json.loads(line)
        if task.get("dies"):
            die_after_first_change()
        if task.get("unguarded"):
            forget_transactions()
        if task.get("opens"):
            backend.open({"warehouse": "file:///nowhere"})
            said = "opened"
        elif "count" in task:
            said = count(backend, task["count"])
        else:
            changes = [
                PointerChange((namespace, name), expected, metadata)
                for namespace, name, expected, metadata in task["changes"]
            ]
            said = change(backend, changes)
        print(said, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
