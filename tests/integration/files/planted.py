"""Personal data planted in files of each format, and a search for it in all that Firn wrote."""

import base64
import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from pyiceberg.avro.file import AvroFile
from pyiceberg.io.pyarrow import PyArrowFileIO

EMAIL, PHONE, NAME = "Qzx.Mail@example.org", "+49 170 5551234", "Qzx Person"
WORDS = ("qzx", "5551234")
COLUMNS = {
    "id": "bigint",
    "email": "string token",
    "phone": "string drop",
    "name": "string token",
    "amount": "decimal(10,2)",
    "at": "timestamp",
    "day": "date",
    "ok": "boolean",
}
GOOD: dict[str, Any] = {
    "id": 1,
    "email": EMAIL,
    "phone": PHONE,
    "name": NAME,
    "amount": 1.5,
    "at": "2026-01-02T03:04:05Z",
    "day": "2026-01-02",
    "ok": True,
}
planted = st.sampled_from([EMAIL, PHONE, NAME])


@dataclass(frozen=True)
class PlantedFile:
    """A file in the folder of the table of its format."""

    form: str
    name: str
    content: bytes


def _csv(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


@st.composite
def csv_files(draw: st.DrawFn) -> bytes:
    """Draw CSV: shifted columns, no header, a header of values, wrong types, spoiled quotes."""
    rows = [[*GOOD], [*GOOD.values()]]
    for number in range(2, draw(st.integers(2, 5))):
        row = [number, *list(GOOD.values())[1:]]
        turn = draw(st.integers(0, len(row)))
        row = row[turn:] + row[:turn]
        if draw(st.booleans()):
            row[draw(st.integers(0, len(row) - 1))] = draw(planted)
        rows.append(row + [draw(planted)] * draw(st.integers(0, 1)))
    kind = draw(st.sampled_from(["header", "none", "twice", "cell", "lacking", "quote", "bytes"]))
    match kind:
        case "none":
            del rows[0]
        case "twice":
            rows = [[*row, "x", "x"] for row in rows]
            rows[0][-2:] = [EMAIL, EMAIL]
        case "cell":
            rows = [[*row[: len(GOOD)], NAME] for row in rows]
        case "lacking":
            rows[0] = [EMAIL, *rows[0][1:]]
    data = _csv(rows)
    if kind == "quote":
        data += f'7,"{EMAIL}"x,{PHONE},{NAME},1,,2026-01-02,true\n8,"{NAME}\n'.encode()
    return data + (f"9,{EMAIL},".encode() + b"\xff,\xfe,1,,,\n" if kind == "bytes" else b"")


@st.composite
def json_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw objects: values of other types, undeclared fields at any depth, named by values."""
    value = planted | st.builds(lambda one, two: {one: {two: [one]}}, planted, planted)
    rows: list[dict[str, Any]] = [GOOD]
    for number in range(2, draw(st.integers(2, 5))):
        changed = draw(st.dictionaries(st.sampled_from([*GOOD]), value, max_size=2))
        more = draw(st.dictionaries(planted | st.just("more"), value, max_size=2))
        rows.append({**GOOD, "id": number, **changed, **more})
    return rows


@st.composite
def json_line_files(draw: st.DrawFn) -> bytes:
    """Draw lines of objects, some of them damaged."""
    lines = [json.dumps(row) for row in draw(json_rows())]
    bad = [f'{{"id": 5, "email": "{EMAIL}', f'"{NAME}"', f'{{"{EMAIL}": 1}} {PHONE}', f"[{PHONE}]"]
    return "\n".join(lines + draw(st.lists(st.sampled_from(bad), max_size=2))).encode()


@st.composite
def json_files(draw: st.DrawFn) -> bytes:
    """Draw a document, some of them cut off or followed by something."""
    text = json.dumps(draw(json_rows()))
    end = draw(st.sampled_from(["", f' "{NAME}"', f", {EMAIL}"]))
    return (text[: draw(st.sampled_from([len(text), len(text) - 3]))] + end).encode()


@st.composite
def parquet_files(draw: st.DrawFn) -> bytes:
    """Draw Parquet: columns of other types, undeclared ones, and numbers that do not fit."""
    count = draw(st.integers(1, 3))
    kinds = {"amount": pa.float64(), "id": pa.int64()}
    row = {**GOOD, "at": "", "day": ""}
    columns = {n: pa.array([v] * count, kinds.get(n)) for n, v in row.items()}
    columns["id"] = pa.array(range(count), pa.int64())
    columns["at"] = pa.nulls(count, pa.timestamp("us", "UTC"))
    columns["day"] = pa.nulls(count, pa.date32())
    match draw(st.sampled_from(["good", "number", "struct", "text", "more", "bytes", "lacking"])):
        case "number":
            columns["amount"] = pa.array([15551234.5678] * count)
        case "struct":
            columns["name"] = pa.array([{NAME: EMAIL}] * count)
        case "text":
            columns["amount"] = pa.array([PHONE] * count)
        case "more":
            columns[EMAIL] = pa.array([{NAME: [PHONE]}] * count)
        case "bytes":
            columns["email"] = pa.array([EMAIL.encode() + b"\xff"] * count, pa.binary())
        case "lacking":
            columns[NAME] = columns.pop("name")
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written)
    return written.getvalue()


CONTENTS = {
    "csv": csv_files(),
    "json_lines": json_line_files(),
    "json": json_files(),
    "parquet": parquet_files(),
}


@st.composite
def files(draw: st.DrawFn) -> list[PlantedFile]:
    """Draw one or two files of each format, whose names are personal as well."""
    found = []
    for form, contents in CONTENTS.items():
        for number in range(draw(st.integers(1, 2))):
            content = draw(contents)
            is_packed = form != "parquet" and draw(st.booleans())
            content = gzip.compress(content) if is_packed else content
            name = f"{number} {draw(planted)}".replace("@", " at ")
            found.append(PlantedFile(form, name, content))
    return found


# the search


def traces(text: str) -> list[str]:
    """Return the lines of a text in which something planted stands, as it is or in base64."""
    return [line[:300] for line in text.splitlines() if _is_in(line)]


def traces_below(home: Path) -> list[str]:
    """Return where something planted stands in the files below a folder, read in every way."""
    return [
        f"{file.relative_to(home)}: {line}"
        for file in sorted(home.rglob("*"))
        if file.is_file() and file.name != "firn.env"
        for text in (str(file), *_contents(file))
        for line in traces(text)
    ]


def _is_in(text: str) -> bool:
    lower = text.lower()
    return any(word in lower for word in WORDS) or any(word in text for word in _ENCODED)


def _contents(file: Path) -> Iterator[str]:
    """Yield the bytes of a file as text, and what they hold when they are decoded."""
    data = file.read_bytes()
    yield data.decode("latin-1")
    if file.suffix == ".parquet":
        yield from (repr(row) for row in pq.read_table(file).to_pylist())
        yield str(pq.read_metadata(file).metadata)
    elif file.suffix == ".avro":
        opened: AvroFile[Any] = AvroFile(PyArrowFileIO().new_input(str(file)))
        with opened as records:
            yield from (repr(record) for record in records)
    elif data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data).decode("latin-1")


def _encoded(value: str) -> Iterator[str]:
    """Yield what is the same in base64 wherever a value begins: three ways."""
    for before in range(3):
        whole = base64.b64encode(b"x" * before + value.encode()).decode().rstrip("=")
        yield whole[4 if before else 0 : -2]


_ENCODED = [text for value in (EMAIL, PHONE, NAME) for text in _encoded(value)]
