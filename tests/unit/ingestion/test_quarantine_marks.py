"""What quarantine says of a row is said once: a resolved row stays resolved as it was."""

from datetime import UTC, datetime
from pathlib import Path

from ingestion.connectors.batches import Rejection
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
