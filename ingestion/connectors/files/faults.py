"""What a reader raises -> the fault of that file alone, or of what surrounds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ingestion.connectors.channel import AbandonedError
from ingestion.connectors.files.declaration import FileTable
from ingestion.connectors.files.storage.base import FileLeftError
from ingestion.formats.base import NOT_READABLE, BadFileError, OwnWords
from lake.errors import FirnError

SHOWN_CHARACTERS = 200
NAMED = (BadFileError, FileLeftError, FirnError, AbandonedError)


@contextmanager
def file_faults(table: FileTable, name: str) -> Iterator[None]:
    """Let whatever a library raises within the block cost the file `name`, and nothing else.

    Raises BadFileError for the content; FileLeftError where the system refuses to read it, which
    says nothing of the content; what Firn raises itself stays what it is.
    """
    try:
        yield
    except NAMED:
        raise
    except Exception as error:
        # the system's errors have a number, those that libraries make of a content have none
        if isinstance(error, OSError) and error.errno is not None:
            raise FileLeftError(f"{name}: {error.strerror}") from error
        raise BadFileError(NOT_READABLE, _reason(error, table)) from error


def _reason(error: Exception, table: FileTable) -> str:
    """Say what was raised; of a table with personal data without the text, which may quote it."""
    kind = type(error).__name__
    text = "" if table.has_personal_data else str(error).partition("\n")[0][:SHOWN_CHARACTERS]
    said = f"it is cut off, damaged or nothing that can be read: {text or kind} ({kind})"
    return OwnWords(said) if table.has_personal_data else said
