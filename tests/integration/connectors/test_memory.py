"""The seam of connectors: a third one, in a folder of the tests, needs no line outside it."""

import json
from collections import Counter
from pathlib import Path
from threading import Event

import pytest

from ingestion.api import draft
from ingestion.connectors.base import DraftRequest, Remaining
from ingestion.loading.replay import replay
from ingestion.results import Outcome
from ingestion.sources import load_sources
from lake.errors import ConfigurationError, EnvironmentFault
from lake.lake import Lake
from operations.monitoring.doctor import examine
from operations.monitoring.status.status import lake_status
from operations.preflight.verify import verify_tables
from tests.integration.connectors.memory.rows import SOURCES
from tests.integration.ingestion.fork import KILLED
from tests.integration.ingestion.home import ROOT, LakeHome

ENTRY_POINTS = (
    "[firn.connectors]\nmemory = tests.integration.connectors.memory.connector:CONNECTOR\n"
)
METADATA = "Metadata-Version: 2.1\nName: memory-connector\nVersion: 1.0\n"
DECLARED = """
sources:
  - name: notes
    schema: raw_notes
    config:
      meta:
        ingestion: {connector: memory, connection: NOTES}
    tables:
      - name: lines
        config:
          meta:
            ingestion: {key: [id]}
        columns:
          - {name: id, data_type: bigint}
          - {name: text, data_type: string}
"""
LINES = [{"id": number, "text": f"line {number}"} for number in range(1, 6)]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the connector as a package of somebody else; return where."""
    folder = tmp_path / "site"
    information = folder / "memory_connector-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(METADATA)
    (information / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def notes(tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch) -> LakeHome:
    """Return a lake over a list of five lines."""
    home = LakeHome(tmp_path / "project")
    home.make_project(NOTES="in memory")
    (home.folder / "models" / "raw" / "notes.yml").write_text(DECLARED)
    monkeypatch.setitem(SOURCES, "notes", {"lines": [dict(line) for line in LINES]})
    return home


def landed(home: LakeHome) -> Counter[int]:
    """Count how often each line is in the raw table, read independently."""
    return Counter(row["id"] for row in home.lake.rows("raw_notes.lines"))


def test_what_is_new_is_landed_once(notes: LakeHome) -> None:
    assert notes.ingest().rows_landed == 5
    assert notes.ingest().outcome is Outcome.NOTHING_NEW
    SOURCES["notes"]["lines"] += [{"id": 6, "text": "six", "colour": "red"}]
    result = notes.ingest()
    assert (result.rows_read, result.rows_landed) == (1, 1)
    assert landed(notes) == Counter(range(1, 7))
    [six] = notes.lake.rows("raw_notes.lines", where="id = 6")
    assert (six["_place"], json.loads(six["_rescued"])) == (5, {"colour": "red"})
    loads = notes.lake.rows("ops.loads", columns="progress_before, progress_after")
    assert {tuple(load.values()) for load in loads} == {(None, "row 5"), ("row 5", "row 6")}


@pytest.mark.parametrize("failpoint", ["after_copy", "before_commit", "after_commit"])
def test_a_load_killed_at_any_point_lands_once(
    notes: LakeHome, package: Path, failpoint: str
) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(package)!r})\n"
        "from tests.integration.connectors.memory.rows import SOURCES\n"
        f"SOURCES['notes'] = {{'lines': {LINES!r}}}\n"
        "from ingestion.api import ingest; ingest()"
    )
    killed = notes.start_python(script, failpoint)
    said = killed.communicate()
    assert killed.returncode == KILLED, said
    notes.ingest()
    assert landed(notes) == Counter(range(1, 6))
    assert len(notes.lake.rows("ops.loads")) == 1


def test_of_two_loads_planned_from_one_position_one_lands(
    notes: LakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another load commits while this one reads: this one is planned again, and finds nothing."""
    from tests.integration.connectors.memory.reader import MemoryReading

    read = MemoryReading.__enter__

    def overtaken(reading: MemoryReading) -> MemoryReading:
        monkeypatch.setattr(MemoryReading, "__enter__", read)
        other = LakeHome(notes.folder)
        from ingestion.connectors.base import ConnectorContext  # the lock is held: load past it
        from ingestion.connectors.registry import connector_of
        from ingestion.loading.load import LoadContext, load_table
        from ingestion.results import IngestOptions

        [source] = load_sources(notes.folder)
        kind = connector_of(source)
        context = ConnectorContext(other.settings, lambda: pytest.fail("no tokens here"))
        with kind.connect(source, context) as connector:
            load = LoadContext(
                Lake(other.settings), kind, connector, IngestOptions(), lambda _: None
            )
            result, _ = load_table(load, source.tables[0])
        assert result.rows_landed == 5
        return read(reading)

    monkeypatch.setattr(MemoryReading, "__enter__", overtaken)
    assert notes.ingest().outcome is Outcome.NOTHING_NEW
    assert landed(notes) == Counter(range(1, 6))


def test_rows_that_do_not_fit_are_quarantined_and_replayed_once(notes: LakeHome) -> None:
    SOURCES["notes"]["lines"].insert(2, {"id": 7, "text": 70})
    assert notes.ingest().rows_quarantined == 1
    assert landed(notes) == Counter(range(1, 6))
    [result] = replay((), notes.settings)
    assert (result.replayed, result.unfit) == (1, 0), "its text is text in quarantine"
    assert landed(notes) == Counter([*range(1, 6), 7])
    [again] = replay((), notes.settings)
    assert (again.replayed, again.landed, again.unfit) == (0, 0, 0)
    assert notes.ingest().outcome is Outcome.NOTHING_NEW, "the position was kept"


def test_its_tables_are_verified(notes: LakeHome) -> None:
    def parse(_: list[str]) -> None:
        target = notes.home / "target"
        target.mkdir(exist_ok=True)
        (target / "manifest.json").write_text('{"nodes": {}, "sources": {}}')

    def differences() -> list[tuple[str, str]]:
        verified = verify_tables(notes.settings, ["raw"], parse)
        return [(d.table, d.found) for table in verified for d in table.differences]

    assert differences() == [("raw_notes.lines", "does not exist")]
    notes.ingest()
    assert differences() == []
    with Lake(notes.settings).catalog.load_table("raw_notes.lines").update_schema() as update:
        update.delete_column("_place")
    assert differences() == [("raw_notes.lines", "no such column")]


def test_a_declaration_is_drafted(notes: LakeHome) -> None:
    file = notes.folder / "models" / "raw" / "notes.yml"
    file.write_text(draft("memory", DraftRequest("notes", "NOTES"), notes.settings))
    assert "# The first column of each table is taken for its key.\n" in file.read_text()
    [source] = load_sources(notes.folder)
    assert [(table.name, table.key) for table in source.tables] == [("lines", ("id",))]
    assert notes.ingest().rows_landed == 5


def test_doctor_says_what_it_finds(notes: LakeHome) -> None:
    (notes.folder / "requirements").symlink_to(ROOT / "requirements")
    findings = {finding.check: finding for finding in examine(notes.settings)}
    assert findings["Source notes"].detail == "5 rows"


def test_status_says_what_no_load_has_read(notes: LakeHome) -> None:
    notes.ingest()
    SOURCES["notes"]["lines"] += [{"id": 6, "text": "six"}]
    [source] = lake_status(notes.settings).sources
    [lines] = source.tables
    assert (lines.rows, lines.rows_today) == (5, 5)
    assert (lines.remaining, lines.quarantined) == (Remaining("1 rows waiting", "rows", 1), 0)
    assert lines.last_load is not None
    assert lines.last_load.outcome is Outcome.LANDED


@pytest.mark.parametrize("is_late", [False, True], ids=["an error", "no answer"])
def test_a_source_that_does_not_answer_is_a_line_of_the_status(
    notes: LakeHome, monkeypatch: pytest.MonkeyPatch, is_late: bool
) -> None:
    notes.ingest()
    is_over = Event()

    def ask(*_: object) -> None:
        if is_late:
            is_over.wait(60)
        else:
            raise RuntimeError("postgresql://user:hunter2@host")  # pragma: allowlist secret

    monkeypatch.setattr("tests.integration.connectors.memory.connector.remaining_rows", ask)
    monkeypatch.setattr(
        "operations.monitoring.status.sources.LONGEST_SECONDS", 0.2 if is_late else 60
    )
    [source] = lake_status(notes.settings).sources
    is_over.set()
    assert source.fault is not None
    said = "no answer of the source within" if is_late else "asking it ended in RuntimeError"
    assert said in source.fault.message
    assert "hunter2" not in str(source.fault)
    assert [(table.rows, table.remaining) for table in source.tables] == [(5, None)]


def test_a_mistake_names_all_connectors_there_are(notes: LakeHome) -> None:
    file = notes.folder / "models" / "raw" / "notes.yml"
    file.write_text(DECLARED.replace("connector: memory", "connector: memoir"))
    with pytest.raises(
        ConfigurationError, match="'memoir'; allowed: postgres, files, kafka, memory"
    ) as found:
        load_sources(notes.folder)
    assert str(found.value).startswith("models/raw/notes.yml:7: ")


def test_a_position_of_a_newer_connector_stops_the_load(notes: LakeHome) -> None:
    with pytest.MonkeyPatch.context() as newer:
        newer.setattr("tests.integration.connectors.memory.reader.VERSION", 2)
        notes.ingest()
    with pytest.raises(EnvironmentFault, match="position is of version 2, known are 1"):
        notes.ingest()
