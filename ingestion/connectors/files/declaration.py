"""What is declared of dropped files: YAML blocks -> a source and its tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator

from ingestion.declarations.columns import LOAD_ID, RawColumn
from ingestion.declarations.model import (
    DeclarationModels,
    Declared,
    Duration,
    Finding,
    Key,
    LoadMode,
    Partitions,
    SourceDeclaration,
    Variable,
)
from ingestion.formats.csv_options import CsvOptions
from ingestion.formats.declaration import (
    DEFAULT_EXPANSION,
    DEFAULT_ROW_SIZE,
    Expansion,
    FormattedTable,
    RowSize,
    check_columns,
)
from lake.types import DataType

FILE, FILE_HASH, FILE_ROW, FILE_MODIFIED_AT = (
    "_file_name",
    "_file_hash",
    "_file_row",
    "_file_modified_at",
)
# `_file_row` is null where a Parquet file is part of the table as it is: it has no such column.
FILE_COLUMNS = (
    RawColumn(FILE, DataType("string"), is_required=True),
    RawColumn(FILE_HASH, DataType("string"), is_required=True),
    RawColumn(FILE_MODIFIED_AT, DataType("timestamp"), is_required=True),
    RawColumn(FILE_ROW, DataType("bigint")),
)


class FileFormat(StrEnum):
    """What a file holds: a JSON object a line, one JSON document, CSV with a header, or Parquet."""

    JSON_LINES = "json_lines"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


class FileNames(StrEnum):
    """How names of files are stored and shown: as they are, or as keyed tokens."""

    KEEP = "keep"
    TOKEN = "token"  # noqa: S105 - no password


def _file_pattern(text: object) -> str:
    parts = text.split("/") if isinstance(text, str) else [""]
    if any(not part or part.startswith(".") or not part.isprintable() for part in parts):
        raise ValueError(
            f"{text!r} is no pattern of file names; write for example 'sales/*.csv': parts between"
            " slashes, none of them empty or beginning with a dot"
        )
    return str(text)


class FilesIngestion(Declared):
    """The `config.meta.ingestion` of files: where they are dropped, and defaults for tables."""

    connector: Literal["files"]
    connection: Variable
    new_columns: Literal["rescue", "freeze"] = "rescue"
    stable_for: Duration = timedelta(seconds=2)
    max_row_size: RowSize = DEFAULT_ROW_SIZE
    file_names: FileNames = FileNames.KEEP
    max_expansion: Expansion = DEFAULT_EXPANSION

    def declared(self) -> dict[str, object]:
        """Return what a FileSource takes from here."""
        return {"connection": self.connection}


class FileTableIngestion(CsvOptions):
    """The `config.meta.ingestion` of a table made of files: which they are, how they are read."""

    files: Annotated[str, BeforeValidator(_file_pattern)]
    format: FileFormat
    key: Key
    partition_by: Partitions = ()
    new_columns: Literal["rescue", "freeze"] | None = None
    stable_for: Duration | None = None
    max_row_size: RowSize | None = None
    file_names: FileNames | None = None
    max_expansion: Expansion | None = None

    def declared(self, name: str, source: FilesIngestion) -> dict[str, object]:  # noqa: ARG002
        """Return what a FileTable takes from here and from its source."""
        return {
            "load": LoadMode.APPEND,
            "key": self.key,
            "partition_by": self.partition_by,
            "new_columns": self.new_columns or source.new_columns,
            "stable_for": (self.stable_for if self.stable_for is not None else source.stable_for),
            "max_row_size": self.max_row_size or source.max_row_size,
            "file_names": self.file_names or source.file_names,
            "max_expansion": self.max_expansion or source.max_expansion,
            "files": self.files,
            "format": self.format,
            "csv": CsvOptions(**self.model_dump(include=set(CsvOptions.model_fields))),
        }


class FileTable(FormattedTable):
    """A raw table that is read from files; `files` is the pattern of their names."""

    files: str
    format: FileFormat
    stable_for: timedelta
    file_names: FileNames = FileNames.KEEP

    @property
    def has_secret_names(self) -> bool:
        """Whether names of files are stored and shown as tokens."""
        return self.file_names is FileNames.TOKEN

    @property
    def needs_token_key(self) -> bool:
        """Whether tokens are made: of personal data, or of names of files."""
        return self.has_personal_data or self.has_secret_names

    @property
    def connector_columns(self) -> tuple[RawColumn, ...]:
        """The file that a row is from, and where in it."""
        return FILE_COLUMNS

    @property
    def constant_columns(self) -> frozenset[str]:
        """Those among the added columns that hold one text for many rows."""
        return frozenset({LOAD_ID, FILE, FILE_HASH})

    @property
    def origin_column(self) -> str | None:
        """The hash of the file's content, by which it is known."""
        return FILE_HASH

    @property
    def registers_files(self) -> bool:
        """Whether files may become part of the table as they are: Parquet files may."""
        return self.format is FileFormat.PARQUET


class FileSource(SourceDeclaration):
    """A folder, or the prefix of a bucket, that files are dropped in."""

    tables: tuple[FileTable, ...]


def check_file_table(table: FileTable) -> Iterator[Finding]:
    """Yield what contradicts itself in a table, its columns or CSV's marks."""
    yield from table.csv.findings()
    yield from check_columns(table)
    for column in table.columns:
        if not table.csv.header and column.path:
            yield (), f"column {column.name}: `path` names a header, and `header` is false"
        if column.data_type.element and table.format is FileFormat.CSV:
            yield (
                (),
                f"column {column.name}: CSV has no arrays, declared {column.data_type}; declare a"
                " string, or read json_lines or parquet",
            )


MODELS = DeclarationModels(
    FilesIngestion, FileTableIngestion, FileSource, FileTable, check_file_table
)
