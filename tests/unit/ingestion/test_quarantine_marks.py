"""What quarantine says of a row is said once: a resolved row stays resolved as it was."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.connectors.batches import Rejection
from ingestion.quarantine import store
from ingestion.quarantine.rows import Mark, QuarantinedRows, Resolution
from ingestion.quarantine.store import Quarantine, quarantine_of
from ingestion.raw_tables.load_metadata import LoadMetadata
from ingestion.raw_tables.progress import Progress
from tests.unit.ingestion.appends import TABLE, new_lake

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_resolved_row_keeps_its_first_resolution(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    quarantine = Quarantine(lake, TABLE, LoadMetadata.after(Progress.of({})))
    quarantine.add([Rejection("type", "no number", {"id": "x"}, {})])
    quarantine.store()
    rows = QuarantinedRows(lake, TABLE)
    [[row]] = rows.open()
    mark = Mark.of(row)
    rows.mark({row.row_id: mark.resolved(Resolution.REPLAYED, "first", AT)})
    rows.mark({row.row_id: mark.resolved(Resolution.SUPERSEDED, "second", AT)})
    [stored] = lake.catalog.load_table(quarantine_of(TABLE.source)).scan().to_arrow().to_pylist()
    assert (stored["resolution"], stored["resolved_by_load_id"]) == ("replayed", "first")
    assert list(rows.open()) == []


def test_a_row_is_known_by_the_hash_that_quarantine_has_always_made(tmp_path: Path) -> None:
    """Else a load that is run again would store its rows a second time."""
    lake = new_lake(tmp_path)
    quarantine = Quarantine(lake, TABLE, LoadMetadata.after(Progress.of({})))
    row = {"v": 'é"\\\n\x00\U0001f600', "id": None}
    quarantine.add([Rejection("type", "no number", dict(row), {}, identity="file 1")])
    quarantine.store()
    known_by = json.dumps([TABLE.name, row, "file 1"], sort_keys=True)
    digest = hashlib.sha256(known_by.encode()).digest()
    [stored] = lake.catalog.load_table(quarantine_of(TABLE.source)).scan().to_arrow().to_pylist()
    assert stored["row_id"] == hashlib.sha256(digest + b"1").hexdigest()
    assert json.loads(stored["row"]) == row
    assert (stored["key"], stored["kinds"], stored["place"]) == ("{}", "{}", "{}")


@pytest.mark.parametrize("bound", ["MOST_WAITING_ROWS", "MOST_WAITING_BYTES"])
def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(store, bound, 1)
    lake = new_lake(tmp_path)
    quarantine = Quarantine(lake, TABLE, LoadMetadata.after(Progress.of({})))
    quarantine.add([Rejection("type", "no number", {"id": text}, {}) for text in "xy"])
    assert sum(map(len, QuarantinedRows(lake, TABLE).open())) == 2, "stored before the end"
