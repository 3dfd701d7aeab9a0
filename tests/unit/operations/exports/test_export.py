"""Files of gold tables, read back by Python's csv and by DuckDB."""

import csv
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from lake.errors import ConfigurationError, EnvironmentFault
from lake.lake import Lake
from operations.exports.destinations.folder import Folder
from operations.exports.formats import parquet
from operations.exports.formats.base import ExportFormat
from operations.exports.formats.csv import Csv
from operations.exports.manifest import MANIFEST
from tests.integration.ingestion.home import LakeHome
from tests.unit.operations.exports.sales import EMPTY, FULL, NULLS, SALES, SOLD_AT, export, make


def ids_in(file: Path) -> list[int]:
    """Return the ids of a file's rows, in its order."""
    if file.suffix == ".xlsx":
        [sheet] = openpyxl.load_workbook(file).worksheets
        return [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]  # type: ignore[misc]
    reader = {".csv": "read_csv", ".jsonl": "read_json"}.get(file.suffix, "read_parquet")
    found = duckdb.execute(f"select sale_id from {reader}(?)", [str(file)]).fetchall()
    return [number for (number,) in found]


def test_every_value_is_what_other_programs_read(home: LakeHome, tmp_path: Path) -> None:
    make(home, [NULLS], [FULL, EMPTY])
    export(home, tmp_path / "out")
    file = tmp_path / "out" / "sales.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        header, full, empty, nulls = csv.reader(stream)
    assert header == list(FULL)
    assert full == [
        "1",
        FULL["note"],
        "1234567890123456789012345678901234.5600",
        "2026-01-02T03:04:05.678901Z",
        "2026-01-02T03:04:05.678901",
        "2026-01-02",
        "true",
        "0.1",
        "AP8=",
        '["x","y,z"]',
        "ä€",
    ]
    assert (empty, nulls) == (["2", *[""] * 10], ["3", *[""] * 10])
    lines = file.read_bytes().split(b"\r\n")
    assert lines[-3:] == [b'2,"",,,,,,,,,', b"3,,,,,,,,,,", b""], "CRLF; NULL is not an empty text"


def test_duckdb_reads_the_same_values_back(home: LakeHome, tmp_path: Path) -> None:
    make(home, [FULL, EMPTY, NULLS])
    export(home, tmp_path)
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        rows = database.execute(
            "select sale_id, note, amount, epoch_us(sold_at), is_gift from read_csv(?,"
            " types = {'amount': 'decimal(38,4)', 'sold_at': 'timestamptz'},"
            " allow_quoted_nulls = false) order by sale_id",
            [str(tmp_path / "sales.csv")],
        ).fetchall()
    microseconds = int(SOLD_AT.timestamp()) * 1_000_000 + SOLD_AT.microsecond
    assert rows == [
        (1, FULL["note"], FULL["amount"], microseconds, True),
        (2, "", None, None, None),
        (3, None, None, None, None),
    ]


@pytest.mark.parametrize("kind", ExportFormat)
def test_rows_are_sorted_by_key_and_exports_of_a_snapshot_are_the_same_bytes(
    home: LakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: ExportFormat
) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 7)
    rows = [{**NULLS, "sale_id": n * 37 % 101, "note": str(n % 3)} for n in range(50)]
    make(home, rows[:20], rows[20:], [{**NULLS, "sale_id": 37, "note": "0"}])
    [one] = export(home, tmp_path / "a", kind=kind)
    [two] = export(home, tmp_path / "b", kind=kind)
    file = tmp_path / "a" / one.file
    assert one == two
    assert file.read_bytes() == (tmp_path / "b" / two.file).read_bytes()
    assert (tmp_path / "a" / MANIFEST).read_text() == (tmp_path / "b" / MANIFEST).read_text()
    wanted = sorted([*(row["sale_id"] for row in rows), 37])
    assert ids_in(file) == wanted
    assert one.rows == 51


def test_parquet_has_the_types_of_the_table(home: LakeHome, tmp_path: Path) -> None:
    make(home, [FULL, EMPTY, NULLS])
    export(home, tmp_path, kind=ExportFormat.PARQUET)
    query = "select sale_id, note, amount, local_at, tags, mark from read_parquet(?)"
    full, empty, nulls = duckdb.execute(query, [str(tmp_path / "sales.parquet")]).fetchall()
    names = ("sale_id", "note", "amount", "local_at", "tags", "mark")
    assert full == tuple(FULL[name] for name in names)
    assert (empty[1], nulls[1]) == ("", None)


def test_the_manifest_says_what_each_file_is(home: LakeHome, tmp_path: Path) -> None:
    make(home, [FULL])
    make(home, [NULLS], name="other")
    export(home, tmp_path, "gold.other")
    export(home, tmp_path, "shop")
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    assert [one["file"] for one in manifest["files"]] == ["other.csv", "sales.csv"]
    [_, sales] = manifest["files"]
    content = (tmp_path / "sales.csv").read_bytes()
    snapshot = Lake(home.settings).catalog.load_table("gold.sales").current_snapshot()
    assert snapshot is not None
    assert sales == {
        "table": "gold.sales",
        "file": "sales.csv",
        "snapshot_id": snapshot.snapshot_id,
        "rows": 1,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "sorted_by": ["sale_id"],
        "publication": None,
        "where": None,
        "is_escaped": True,
    }
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".firn")]


def test_a_table_without_rows_is_a_header(home: LakeHome, tmp_path: Path) -> None:
    make(home)
    [one] = export(home, tmp_path)
    assert (one.rows, one.snapshot_id) == (0, None)
    assert (tmp_path / "sales.csv").read_bytes().count(b"\r\n") == 1


def test_only_what_an_export_wrote_is_replaced(home: LakeHome, tmp_path: Path) -> None:
    make(home, [FULL])
    file = tmp_path / "sales.csv"
    file.write_text("mine")
    with pytest.raises(ConfigurationError, match=r"holds sales\.csv, which no export wrote"):
        export(home, tmp_path)
    assert file.read_text() == "mine"
    file.unlink()
    export(home, tmp_path)
    make(home, [EMPTY])
    [again] = export(home, tmp_path)
    assert again.rows == 2


def test_a_failure_leaves_the_files_of_before(
    home: LakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home, [FULL])
    export(home, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.*")}
    make(home, [EMPTY])

    def full_disk(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("operations.exports.formats.csv.Csv.write", full_disk)
    with pytest.raises(EnvironmentFault, match="No space left on device"):
        export(home, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.*")} == before


def test_a_killed_export_is_finished_by_the_next(
    home: LakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are renamed one by one: those that no manifest names yet are known by a staged one."""
    make(home, [FULL])
    make(home, [NULLS], name="other")
    replace, renamed = Path.replace, []

    def killed(path: Path, to: Path) -> Path:
        renamed.append(path.name)
        if len(renamed) == 3:
            raise KeyboardInterrupt
        return replace(path, to)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        export(home, tmp_path)
    monkeypatch.undo()
    assert (tmp_path / "other.csv").exists()
    assert not (tmp_path / MANIFEST).exists()
    export(home, tmp_path)
    assert len(json.loads((tmp_path / MANIFEST).read_text())["files"]) == 2


@pytest.mark.parametrize("name", ["../evil", "a/b", "a b", ".hidden"])
def test_no_name_leads_out_of_the_folder(home: LakeHome, tmp_path: Path, name: str) -> None:
    Lake(home.settings).catalog.create_table(
        ("gold", name), SALES, location=f"file://{tmp_path}/elsewhere"
    )
    folder = tmp_path / "out" / "in"
    with pytest.raises(ConfigurationError, match="its name would be that of a file"):
        export(home, folder)
    assert not folder.exists()


def test_an_unknown_name_is_said_with_the_nearest(home: LakeHome, tmp_path: Path) -> None:
    make(home, [FULL])
    with pytest.raises(ConfigurationError, match="did you mean 'sales'") as found:
        export(home, tmp_path / "out", "salse")
    assert found.value.fix == "choose from: gold, gold.sales, sales, shop"
    assert not (tmp_path / "out").exists()


def test_exports_that_overlap_are_both_in_the_manifest(
    home: LakeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home, [FULL])
    make(home, [NULLS], name="other")
    write = Csv.write

    def overtaken(*arguments: Any) -> int:  # noqa: ANN401
        monkeypatch.setattr(Csv, "write", write)
        export(home, tmp_path, "other")
        return write(*arguments)

    monkeypatch.setattr(Csv, "write", overtaken)
    export(home, tmp_path, "sales")
    files = json.loads((tmp_path / MANIFEST).read_text())["files"]
    assert [one["file"] for one in files] == ["other.csv", "sales.csv"]


def test_files_are_placed_when_no_other_export_places_any(home: LakeHome, tmp_path: Path) -> None:
    make(home, [FULL])
    folder = tmp_path / "out"
    with ThreadPoolExecutor() as threads:
        with Folder(folder, home.home).placing():
            waiting = threads.submit(export, home, folder)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=5)
            assert not (folder / "sales.csv").exists()
            assert list(folder.glob(".firn-export-*/sales.csv")), "it waits with a whole file"
        assert waiting.result(timeout=60)[0].rows == 1
