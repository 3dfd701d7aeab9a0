"""What is known of each refresh while dbt runs, kept until the run's end."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

_notes: dict[str, Note] = {}
_lock = Lock()


@dataclass
class Note:
    """What is known of the refresh of one model before it has ended."""

    mode: str = ""
    reason: str = ""
    affected_keys: int | None = None


def note_refresh(
    table: str, *, mode: str = "", reason: str = "", affected_keys: int | None = None
) -> None:
    """Keep what is known of a model's refresh; what is said again replaces what was."""
    with _lock:
        note = _notes.setdefault(table, Note())
        note.mode = mode or note.mode
        note.reason = reason or note.reason
        note.affected_keys = note.affected_keys if affected_keys is None else affected_keys


def take_notes() -> dict[str, Note]:
    """Return all notes by table, and forget them."""
    with _lock:
        notes = dict(_notes)
        _notes.clear()
    return notes
