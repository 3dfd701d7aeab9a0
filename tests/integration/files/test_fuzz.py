"""Any bytes at all: no reader fails, and each row and file is landed or set aside.

`make fuzz` runs the same tests for hours. Fault damaged-file.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import sqlite3
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ingestion.api import draft
from ingestion.connectors.base import DraftRequest
from ingestion.connectors.batches import Batch, Rejection
from ingestion.connectors.files.declaration import FileTable
from ingestion.connectors.files.new_files import NewFiles
from ingestion.connectors.files.processed_files import ProcessedFiles
from ingestion.connectors.files.reading import FileReading
from ingestion.connectors.files.storage.folder import Folder
from ingestion.declarations import LoadMode, NewColumns
from ingestion.formats.csv_options import CsvOptions
from ingestion.sources import load_sources
from lake.errors import EnvironmentFault
from lake.settings import Settings
from tests.integration.files.drop import Drop, table

COLUMNS = {
    "id": "bigint",
    "v": "string",
    "n": "decimal(18,2)",
    "f": "float",
    "at": "timestamp",
    "day": "date",
    "ok": "boolean",
}
AT = datetime(2024, 1, 2, 3, 4, 5, 678900, UTC)
ROWS = [
    {"id": n, "v": f'text "{n}", ü\n', "n": n / 4, "f": n / 2, "at": AT.isoformat(), "more": [n]}
    for n in range(12)
]
FORMATS = ["csv", "json_lines", "json", "parquet"]
PLAIN = CsvOptions()
# Each of them reads the good file, too.
OPTIONS = [
    PLAIN,
    CsvOptions(escape="\\", null_values=("", "\\N", "null")),
    CsvOptions(encoding="cp1252", thousands_separator="'"),
    CsvOptions(encoding="shift_jis"),
]


def as_csv() -> bytes:
    """Return the rows as CSV, with quotes, line ends in values and an undeclared column."""
    lines = [
        f'{n},"text ""{n}"", ü\n",{n}.25,{n}.5,{AT.isoformat()},2024-01-02,true,more'
        for n in range(12)
    ]
    return "\n".join(["id,v,n,f,at,day,ok,more", *lines, ""]).encode()


def as_parquet() -> bytes:
    """Return the rows as Parquet."""
    count = len(ROWS)
    columns = {
        "id": pa.array(range(count), pa.int64()),
        "v": pa.array([f"text {n}" for n in range(count)]),
        "n": pa.array([Decimal(n) / 4 for n in range(count)], pa.decimal128(18, 2)),
        "f": pa.array([n / 2 for n in range(count)], pa.float32()),
        "at": pa.array([AT] * count, pa.timestamp("ns", "UTC")),
        "day": pa.array([AT.date()] * count),
        "ok": pa.array([True, None] * (count // 2)),
        "more": pa.array([b"\xff\x00"] * count),
    }
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


GOOD = {
    "csv": as_csv(),
    "json_lines": "".join(json.dumps(row) + "\n" for row in ROWS).encode(),
    "json": json.dumps(ROWS).encode(),
    "parquet": as_parquet(),
}


def as_zip(content: bytes) -> bytes:
    """Return content in a zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", content)
    return file.getvalue()


def as_tar(content: bytes) -> bytes:
    """Return content in a tar archive."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def as_sqlite(content: bytes) -> bytes:
    """Return a database that holds content."""
    with sqlite3.connect(":memory:") as database:
        database.execute("create table a as select ? as b", (content,))
        return database.serialize()


def as_arrow(write: Callable[[pa.Table, io.BytesIO], None]) -> bytes:
    """Return a table as a library writes it."""
    file = io.BytesIO()
    write(pa.table({"id": [1, 2]}), file)
    return file.getvalue()


STRANGERS = {
    "a zip archive": as_zip(GOOD["csv"]),
    "a tar archive": as_tar(GOOD["csv"]),
    "packed with gzip": gzip.compress(gzip.compress(GOOD["csv"])),
    "packed with bzip2": bz2.compress(GOOD["csv"]),
    "packed with xz": lzma.compress(GOOD["csv"]),
    "a SQLite database": as_sqlite(GOOD["csv"]),
    "ORC": as_arrow(pyarrow.orc.write_table),
    "Arrow IPC": as_arrow(pyarrow.feather.write_feather),
    "a PNG image": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06",
    "a JPEG image": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00",
    "a GIF image": b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04",
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "an old Office document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100),
    "XML": b'<?xml version="1.0"?>\n<rows><row id="1"/></rows>\n',
    "an HTML page": b"<!DOCTYPE html>\n<html><body>504 Gateway Time-out</body></html>\n",
}


def declared(form: str, **settings: object) -> FileTable:
    """Return the declaration of a table of files."""
    block = {
        "source": "drop",
        "name": "items",
        "files": "*",
        "format": form,
        "load": LoadMode.APPEND,
        "key": ("id",),
        "partition_by": (),
        "new_columns": NewColumns.RESCUE,
        "stable_for": timedelta(0),
        "columns": tuple({"name": n, "data_type": t} for n, t in COLUMNS.items()),
    }
    return FileTable.model_validate({**block, **settings})


def read(form: str, content: bytes, options: CsvOptions = PLAIN) -> tuple[list[Batch], FileReading]:
    """Read a file and a good one beside it."""
    items = declared(form, csv=options)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a").write_bytes(content)
        Path(folder, "b").write_bytes(GOOD[form] + b"\n\n\n" * (form != "parquet"))
        files = NewFiles(Folder(Path(folder), "FILES"), items, ProcessedFiles())
        with FileReading(files, items, None, {}) as reading:
            return [part for part in reading.batches if isinstance(part, Batch)], reading


def rejected(batches: list[Batch], name: str) -> list[Rejection]:
    """Return what is set aside of a file."""
    return [r for batch in batches for r in batch.rejections if r.within["file"] == name]


def require_balance(form: str, content: bytes, options: CsvOptions = PLAIN) -> None:
    """Fail unless all that was read is landed or set aside, and the good file is landed."""
    if content == GOOD[form]:
        return
    batches, reading = read(form, content, options)
    assert sum(batch.read_count for batch in batches) == reading.summary.rows_read
    assert reading.summary.reached == "2 files"
    rows = [batch.rows for batch in batches if batch.rows.num_rows]
    numbers: dict[str, list[int]] = {"a": [], "b": []}
    for part in rows:
        part.validate(full=True)
        for name, number in zip(
            part.column("_file_name").to_pylist(), part.column("_file_row").to_pylist(), strict=True
        ):
            numbers[name].append(number)
        has_rescued = "_rescued" in part.schema.names
        for rescued in part.column("_rescued").to_pylist() if has_rescued else ():
            json.loads(rescued or "{}", parse_constant=pytest.fail)
    assert len(numbers["b"]) == len(ROWS)
    assert rejected(batches, "b") == []
    places = [int(r.place["row"]) for r in rejected(batches, "a") if r.place["row"]]
    assert len({*numbers["a"], *places}) == len(numbers["a"]) + len(places), "a row twice"


@st.composite
def damaged(draw: st.DrawFn, form: str) -> bytes:
    """Draw a good file that is cut off, has bits flipped, or bytes put in or taken out."""
    content = bytearray(GOOD[form])
    place = st.integers(0, len(content) - 1)
    match draw(st.sampled_from(["cut", "flip", "put in", "take out", "double"])):
        case "cut":
            del content[draw(place) :]
        case "flip":
            for position in draw(st.lists(place, min_size=1, max_size=8)):
                content[position] ^= 1 << draw(st.integers(0, 7))
        case "put in":
            position = draw(place)
            content[position:position] = draw(st.binary(min_size=1, max_size=40))
        case "take out":
            position = draw(place)
            del content[position : position + draw(st.integers(1, 40))]
        case "double":
            content += content[draw(place) :]
    return bytes(content)


@pytest.mark.parametrize("form", FORMATS)
@given(st.data())
def test_a_damaged_file(form: str, data: st.DataObject) -> None:
    content = data.draw(damaged(form))
    if form != "parquet" and data.draw(st.booleans()):
        content = gzip.compress(content)
        content = content[: data.draw(st.integers(0, len(content)))]
    require_balance(form, content, data.draw(st.sampled_from(OPTIONS)))


@pytest.mark.parametrize("form", FORMATS)
@given(content=st.binary(max_size=400))
def test_any_bytes(form: str, content: bytes) -> None:
    require_balance(form, content)


TOKENS = [",", '"', "\n", "\r", "\\", "{", "}", "[", "]", ":", " ", "\t", "id", "v", "1", "null"]
TOKENS += ["-", "1e999", "NaN", '"id"', '"v"', '"x"', "\x00", "\ufeff", "ü", "2024-01-02"]


@pytest.mark.parametrize("form", ["csv", "json_lines", "json"])
@given(
    tokens=st.lists(st.sampled_from(TOKENS), max_size=60),
    with_header=st.booleans(),
    options=st.sampled_from(OPTIONS),
)
def test_any_text_of_the_marks_that_mean_something(
    form: str, tokens: list[str], with_header: bool, options: CsvOptions
) -> None:
    header = b"id,v,n,f,at,day,ok\n" if form == "csv" and with_header else b""
    require_balance(form, header + "".join(tokens).encode(), options)


@pytest.mark.parametrize("kind", STRANGERS)
@pytest.mark.parametrize("form", FORMATS)
def test_a_file_of_another_kind_is_named(form: str, kind: str) -> None:
    require_balance(form, STRANGERS[kind])
    found = rejected(read(form, STRANGERS[kind])[0], "a")
    assert [(r.rule, kind in r.reason) for r in found] == [("not_readable", True)]


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=15)
@given(st.data())
def test_a_draft_of_a_damaged_file(form: str, data: st.DataObject) -> None:
    """What is drafted parses; nothing but an error of Firn's own says that there is nothing."""
    with tempfile.TemporaryDirectory() as folder:
        landing = Path(folder, "landing", "items")
        landing.mkdir(parents=True)
        (landing / "a").write_bytes(data.draw(damaged(form) | st.binary(max_size=60)))
        if data.draw(st.booleans()):
            (landing / "b").write_bytes(GOOD[form])
        raw = Path(folder, "models", "raw")
        raw.mkdir(parents=True)
        request = DraftRequest("drop", "DROP_FILES", {"from_files": str(landing.parent)})
        try:
            text = draft("files", request, Settings(project_dir=Path(folder)))
        except EnvironmentFault:
            return
        (raw / "drop.yml").write_text(text)
        (source,) = load_sources(Path(folder))
        assert source.tables


@settings(max_examples=2, phases=[Phase.explicit, Phase.generate])
@given(st.randoms(use_true_random=False))
def test_a_whole_load(tmp_path_factory: pytest.TempPathFactory, chance: random.Random) -> None:
    drop = Drop(tmp_path_factory.mktemp("fuzz"))
    drop.set_up()
    drop.declare(*(table(form, COLUMNS, format=form) for form in FORMATS))
    names = []
    for form in FORMATS:
        for number in range(25):
            content = bytearray(GOOD[form])
            for _ in range(chance.randint(1, 5)):
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            drop.put(f"{form}/{number}", bytes(content[: chance.randint(1, 2 * len(content))]))
            names.append(f"{form}/{number}")
        drop.put(f"{form}/good", GOOD[form])
    results = drop.ingest_all()
    assert all(r.rows_read == r.rows_landed + r.rows_quarantined for r in results)
    landed = [row for form in FORMATS for row in drop.rows(form)]
    kept = [json.loads(row["place"])["file"] for row in drop.quarantined()]
    assert len(landed) == sum(result.rows_landed for result in results)
    assert len(kept) == sum(result.rows_quarantined for result in results)
    known = {row["_file_name"] for row in landed} | set(kept)
    contents = {(drop.landing / name).read_bytes() for name in known}
    for name in set(names) - known:
        left = (drop.landing / name).read_bytes()
        assert left in contents or (name.startswith("csv") and _is_header(left)), name
    assert [result.rows_read for result in drop.ingest_all()] == [0] * len(FORMATS)


def _is_header(content: bytes) -> bool:
    """Whether a CSV holds one record or none: a header that is damaged may have quotes in it."""
    lines = io.StringIO(content.decode("latin-1"), newline="")
    return sum(any(record) for record in csv.reader(lines)) <= 1
