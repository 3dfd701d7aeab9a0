"""Drafts a declaration for people to review: files that lie somewhere -> tables, types, keys."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ingestion.connectors.base import DraftRequest
from ingestion.connectors.files.declaration import FileFormat
from ingestion.connectors.files.drafting.csv_sniffing import Dialect, note_values, sniffed
from ingestion.connectors.files.drafting.file_groups import FileGroup, file_groups
from ingestion.connectors.files.drafting.samples import (
    WHOLE_BYTES,
    Sample,
    files_of,
    probed,
    samples_of,
)
from ingestion.connectors.files.drafting.trial import refusals
from ingestion.connectors.files.storage.factory import storage_at
from ingestion.declarations.draft import (
    JINJA_NAME,
    UNDESCRIBED,
    Draft,
    has_jinja,
    require_identifier,
)
from ingestion.declarations.naming import declared_names
from ingestion.formats.base import BadFileError
from ingestion.formats.csv_options import CsvOptions
from ingestion.formats.decoding import WithoutLines
from ingestion.formats.drafting.columns import drafted_column, misfits
from ingestion.formats.drafting.fields import (
    Field,
    csv_fields,
    json_fields,
    objects_in,
    parquet_fields,
)
from ingestion.formats.drafting.inference import TEXT, type_of
from ingestion.formats.drafting.keys import likely_key, may_be_key
from ingestion.formats.json.document import document_lines
from lake.errors import ConfigurationError, EnvironmentFault
from lake.settings import Settings

FILES_PER_TABLE = 8
_PART = "\x1f"


def draft_source(request: DraftRequest, settings: Settings) -> Draft:
    """Return a draft for the files below the folder or bucket that `options["from_files"]` names.

    Tables come from the files' names, all else from samples of them, which the draft was tried on;
    remarks say what to review. Raises ConfigurationError for a source's name that is no identifier
    or no place given, EnvironmentFault for a place without files that could be drafted.
    """
    require_identifier(request.name)
    where = request.options.get("from_files")
    if not where:
        raise ConfigurationError(
            "a draft for files needs some to look at",
            f"firn declare {request.name} --from-files /path/to/folder",
        )
    storage = storage_at(where, "--from-files", settings)
    found = {info.name: info for info in files_of(storage)}
    formats, kinds = probed(storage, found.values())
    remarks = [f"{name} is left out: it is {kind}" for name, kind in kinds.items()]
    groups, left = file_groups(formats)
    remarks += [f"{name} is left out: no pattern finds it alone" for name in left]
    names = declared_names((group.name for group in groups), "files")
    tables = []
    for group in groups:
        chosen = [found[name] for name in _spread(group.files)]
        samples, damaged = samples_of(storage, chosen, group.format)
        remarks += [f"{name} was passed over: {why}" for name, why in damaged.items()]
        if not samples:
            continue
        try:
            drafted = _TableDraft(names[group.name], group, samples, remarks)
            tables.append(drafted.drafted())
        except (BadFileError, ValueError, RecursionError) as fault:
            why = fault.reason if isinstance(fault, BadFileError) else type(fault).__name__
            remarks.append(f"{group.pattern} is left out: {why}")
    if not tables:
        raise EnvironmentFault(
            "; ".join([f"{where} has no file that a table could be made of", *remarks]),
            "name a folder that holds CSV, JSON or Parquet, or folders of them",
        )
    ingestion = {"connector": "files", "connection": request.connection}
    return Draft(ingestion, tables, remarks)


class _TableDraft:
    """Drafts one table; what is to be reviewed goes to `remarks`."""

    def __init__(
        self, name: str, group: FileGroup, samples: Sequence[Sample], remarks: list[str]
    ) -> None:
        self._name = name
        self._group = group
        self._samples = samples
        self._remarks = remarks
        self._dialect = Dialect()
        fields = [f for f in self._fields() if self._is_declarable(f)]
        if not fields:
            raise BadFileError("no_header", "it has no field that could be a column")
        names = declared_names((_PART.join(f.origin) for f in fields), "column")
        self._columns = {names[_PART.join(f.origin)]: f for f in fields}
        csv = self._dialect.csv if group.format is FileFormat.CSV else None
        self._guesses = {name: type_of(f, csv) for name, f in self._columns.items()}

    def drafted(self) -> dict[str, Any]:
        """Return the table as dbt writes it; what does not fit when tried becomes text."""
        key = self._key()
        with tempfile.TemporaryDirectory() as folder:
            for number, one in enumerate(self._samples):
                one.written_to(Path(folder), number)
            while True:
                table = self._table(key)
                reasons = refusals(self._name, table, Path(folder))
                origins = {name: ".".join(f.origin) for name, f in self._columns.items()}
                wrong = misfits(reasons, origins) - {
                    n for n, g in self._guesses.items() if g == TEXT
                }
                if not wrong:
                    break
                self._guesses |= dict.fromkeys(wrong, TEXT)
        if reasons:
            self._remark(f"{len(reasons)} rows of the samples do not fit: {reasons[0]}")
        for remark in self._dialect.remarks:
            self._remark(remark)
        return table

    def _fields(self) -> list[Field]:
        """Return what the samples hold, and note how CSV is written."""
        contents = [one.content for one in self._samples]
        match self._group.format:
            case FileFormat.PARQUET:
                return parquet_fields([pq.ParquetFile(io.BytesIO(c)) for c in contents])
            case FileFormat.CSV:
                self._dialect = sniffed(contents[0])
                options = self._dialect.csv
                texts = [_utf_8(content, options) for content in contents]
                fields = csv_fields(texts, options)
                note_values(self._dialect, (f.present for f in fields))
                return csv_fields(texts, self._dialect.csv)
            case FileFormat.JSON:
                lines = [document_lines(io.BytesIO(c), WHOLE_BYTES) for c in contents]
                return json_fields([objects_in(part) for part in lines])
            case _:
                return json_fields([objects_in(iter(c.splitlines())) for c in contents])

    def _is_declarable(self, found: Field) -> bool:
        if not any(map(has_jinja, found.origin)):
            return True
        self._remarks.append(f"{self._name}: {'.'.join(found.origin)!r} is left out: {JINJA_NAME}")
        return False

    def _key(self) -> list[str]:
        """Return what identifies a row in the samples, or all columns that may."""
        types = {name: guess.data_type for name, guess in self._guesses.items()}
        key = likely_key(self._name, self._columns, types)
        if key:
            self._remark(f"{', '.join(key)} identifies the rows of each sample; does it all rows?")
            return key
        self._remark(
            "has nothing unique: rows that are alike count as one;"
            " name the columns that identify a row"
        )
        fit = [name for name, kind in types.items() if may_be_key(kind)]
        if not fit:
            raise BadFileError("no_key", "no column of it can identify a row")
        return fit

    def _table(self, key: list[str]) -> dict[str, Any]:
        ingestion: dict[str, Any] = {
            "files": self._group.pattern,
            "format": str(self._group.format),
            "key": key,
        }
        ingestion |= self._dialect.options  # of other formats there are none
        return {
            "name": self._name,
            "description": UNDESCRIBED,
            "config": {"meta": {"ingestion": ingestion}},
            "columns": [self._column(name, name in key) for name in self._columns],
        }

    def _column(self, name: str, is_key: bool) -> dict[str, Any]:
        origin = self._columns[name].origin if self._dialect.csv.header else (name,)
        return drafted_column(name, origin, self._guesses[name], is_key=is_key, remark=self._remark)

    def _remark(self, text: str, column: str = "") -> None:
        remark = f"{self._name}{'.' if column else ''}{column} {text}"
        if remark not in self._remarks:
            self._remarks.append(remark)


def _spread(names: Sequence[str]) -> list[str]:
    """Return some of the names, the first and the last of them and others between."""
    step = max(1, (len(names) - 1) / (FILES_PER_TABLE - 1))
    places = {round(number * step) for number in range(FILES_PER_TABLE)}
    return [name for place, name in enumerate(names) if place in places]


def _utf_8(content: bytes, options: CsvOptions) -> bytes:
    """Return a sample below what is skipped, in UTF-8 without a mark."""
    text = content.decode(options.encoding, "replace").lstrip("\ufeff").encode()
    stream = io.BytesIO(text)
    if not options.skip:
        return text
    return WithoutLines(stream, options.skip).read(len(text))
