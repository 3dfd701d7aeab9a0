"""How the last load of each table ended, failed ones too: results <-> a file in FIRN_HOME.

The lake knows what landed. A load that failed, or found nothing new, leaves nothing there: it is
noted on the machine that ran it, by a file for each source.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ingestion.declarations import SourceDeclaration
from ingestion.loading.load_history import Record
from ingestion.results import LoadResult, Outcome
from lake.private import private_folder


class LastLoad(BaseModel):
    """How a load ended, and when; `message` and `fix` are those of a failed one."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    ended_at: datetime
    rows_read: int = 0
    rows_landed: int = 0
    rows_quarantined: int = 0
    rows_deleted: int = 0
    message: str = ""
    fix: str = ""

    @classmethod
    def of_result(cls, result: LoadResult, ended_at: datetime) -> LastLoad:
        """Return what is noted of a load that has just ended; one with an error has failed."""
        error = result.error
        return cls(
            outcome=Outcome.FAILED if error else result.outcome,
            ended_at=ended_at,
            rows_read=result.rows_read,
            rows_landed=result.rows_landed,
            rows_quarantined=result.rows_quarantined,
            rows_deleted=result.rows_deleted,
            message=error.message if error else "",
            fix=error.fix if error else "",
        )

    @classmethod
    def of_record(cls, record: Record) -> LastLoad:
        """Return what the table itself says of the last load that landed in it."""
        return cls(
            outcome=Outcome.LANDED,
            ended_at=datetime.fromisoformat(record["finished_at"]),
            rows_read=record["rows_read_count"],
            rows_landed=record["rows_landed_count"],
            rows_quarantined=record["rows_quarantined_count"],
            rows_deleted=record["rows_deleted_count"],
        )


_Notes = TypeAdapter(dict[str, LastLoad])


def note_loads(home: Path, source: SourceDeclaration, results: Iterable[LoadResult]) -> None:
    """Remember how loads ended that have just been run; an error of the source is of all tables.

    A disk that takes no note costs no load.
    """
    now = datetime.now(UTC)
    ended: dict[str, LastLoad] = {}
    for result in results:
        tables = [t.name for t in source.tables if result.label in {t.label, source.name}]
        ended |= dict.fromkeys(tables, LastLoad.of_result(result, now))
    file = _file(home, source.name)
    with contextlib.suppress(OSError):
        private_folder(file.parent)
        unfinished = file.with_suffix(".new")
        unfinished.write_bytes(_Notes.dump_json({**last_loads(home, source.name), **ended}))
        unfinished.replace(file)


def last_loads(home: Path, source: str) -> Mapping[str, LastLoad]:
    """Return by table how the last loads on this machine ended; nothing where none was noted."""
    try:
        return _Notes.validate_json(_file(home, source).read_bytes())
    except (OSError, ValidationError):
        return {}


def _file(home: Path, source: str) -> Path:
    return home / "loads" / f"{source}.json"
