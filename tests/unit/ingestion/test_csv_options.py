"""What one program writes as CSV, in any dialect, is read back as it was written."""

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.connectors.files.declaration import FileFormat, FileTable
from ingestion.connectors.files.processed_files import fingerprint
from ingestion.declarations.model import ColumnDeclaration, LoadMode, NewColumns
from ingestion.formats import chunks
from ingestion.formats.csv.rows import CsvRows
from ingestion.formats.csv_options import CsvOptions
from ingestion.formats.decoding import Decoded
from ingestion.formats.rescued_fields import RescuedFields

ENCODINGS = ("utf-8", "utf-16", "utf-32-be", "cp1252", "iso-8859-15", "shift_jis", "gb18030")
ALPHABET = "ab01,;|'\"\\^\n\r\t €ä表ソN"


@dataclass(frozen=True)
class Dialect:
    """How a file is written: what is declared of it, and how lines end."""

    options: CsvOptions
    end: str

    def write(self, rows: list[list[str | None]]) -> bytes:
        """Return a file with all values quoted but null."""
        options = self.options
        stream = io.StringIO(newline="")
        stream.write(f"# nothing{self.end}" * options.skip)
        if options.header:
            stream.write(options.delimiter.join(["id", "v", "w"]) + self.end)
        for row in rows:
            stream.write(options.delimiter.join(map(self._field, row)) + self.end)
        return stream.getvalue().encode(options.encoding)

    def _field(self, value: str | None) -> str:
        if value is None:
            return self.options.null_values[0]
        options = self.options
        if options.escape is None:
            return options.quote + value.replace(options.quote, options.quote * 2) + options.quote
        for mark in (options.escape, options.quote):
            value = value.replace(mark, options.escape + mark)
        return options.quote + value + options.quote


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    """Draw a dialect whose marks differ."""
    delimiter, quote, other = draw(st.permutations([",", ";", "|", "'", '"', "^"]))[:3]
    escape = draw(st.sampled_from([None, "\\", other]))
    nulls = ["", "NULL", "\\N"]
    options = CsvOptions(
        delimiter=delimiter,
        quote=quote,
        escape=escape,
        encoding=draw(st.sampled_from(ENCODINGS)),
        header=draw(st.booleans()),
        skip=draw(st.integers(0, 2)),
        null_values=(draw(st.sampled_from(nulls)),),
    )
    return Dialect(options, draw(st.sampled_from(["\n", "\r\n", "\r"])))


def _is_in(encoding: str, text: str) -> bool:
    try:
        return text.encode(encoding).decode(encoding) == text
    except UnicodeError:
        return False


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_what_is_written_is_read(monkeypatch: pytest.MonkeyPatch, data: st.DataObject) -> None:
    dialect = data.draw(dialects())
    encoding = dialect.options.encoding
    alphabet = "".join(character for character in ALPHABET if _is_in(encoding, character))
    value = st.none() | st.text(alphabet, max_size=6)
    rows = data.draw(st.lists(st.tuples(value, value), max_size=8))
    written = [[str(n), *row] for n, row in enumerate(rows)]
    with monkeypatch.context() as patch:
        patch.setattr(chunks, "BLOCK_BYTES", data.draw(st.sampled_from([1, 3, 16, 10_000])))
        read = _read(dialect.options, dialect.write(written))
    assert [(str(row["id"]), row["v"], row["w"]) for row in read] == [tuple(r) for r in written]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "f33f8eb9e21c2934"),  # pragma: allowlist secret
        ({"encoding": "latin-1", "delimiter": ";"}, "728eb29c2f906b3b"),  # pragma: allowlist secret
        ({"escape": "\\"}, "96a01eb66fa9883e"),  # pragma: allowlist secret
    ],
    ids=["none", "latin-1", "escape"],
)
def test_hashes_of_what_could_be_declared_before_stay(
    options: dict[str, str], expected: str
) -> None:
    """Lakes hold them: another one would read files of quarantine again."""
    csv = CsvOptions.model_validate(options)
    assert fingerprint(_table({"id": "bigint"}, csv)) == expected


def _read(options: CsvOptions, content: bytes) -> list[dict[str, Any]]:
    kinds = {"id": "int", "v": "string", "w": "string"}
    table = _table(kinds, options)
    form = CsvRows(table, RescuedFields(table, None))
    parts: list[pa.Table] = []
    for chunk in form.chunks(Decoded(io.BytesIO(content), options.encoding)):
        parsed = form.parse(chunk)
        assert parsed.bad == []
        parts.append(parsed.rows)
    return pa.concat_tables(parts).to_pylist() if parts else []


def _table(kinds: dict[str, str], options: CsvOptions) -> FileTable:
    return FileTable(
        source="drop",
        name="items",
        load=LoadMode.APPEND,
        key=("id",),
        partition_by=(),
        new_columns=NewColumns.RESCUE,
        columns=tuple(
            ColumnDeclaration.model_validate({"name": name, "data_type": kind})
            for name, kind in kinds.items()
        ),
        files="items/*",
        format=FileFormat.CSV,
        csv=options,
        stable_for=timedelta(0),
    )
