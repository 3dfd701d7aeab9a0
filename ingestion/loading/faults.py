"""What a library raises while a table is loaded -> a fault that quotes no personal data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ingestion.connectors.base import ReadAgainError
from ingestion.declarations import TableDeclaration
from lake.errors import FirnError, LoadError


@contextmanager
def unquoted_faults(table: TableDeclaration) -> Iterator[None]:
    """Let nothing out of the block that may quote a value, if the table has personal data.

    Raises LoadError, which says what kind of error it was and where, and not its text. Faults of
    Firn's own, and those of a table without personal data, stay what they are.
    """
    try:
        yield
    except (FirnError, ReadAgainError):
        raise
    except Exception as error:
        if not table.has_personal_data:
            raise
        raise LoadError(
            f"{table.label}: the load ended in {type(error).__name__} {_place(error)};"
            " its text is not shown, it may quote personal data",
            f"report it with this line, then: firn ingest {table.label}",
        ) from None


def _place(error: Exception) -> str:
    """Say in which function and line of which module an error was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "somewhere"
    frame = trace.tb_frame
    return f"in {frame.f_globals.get('__name__')}.{frame.f_code.co_name}, line {trace.tb_lineno}"
