"""What a declaration says, checked block by block: YAML values -> frozen pydantic models."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from lake.types import DataType

IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_DURATION = re.compile(r"(\d{1,6}) (millisecond|second|minute|hour|day)s?")
_PARTITION = re.compile(
    r"(?:(year|month|day|hour)\(([^()]*)\)|bucket\((\d{1,5}), ?([^()]*)\)|(.*))"
)


class LoadMode(StrEnum):
    """How a table is read: rows changed since the last load, all rows each time, or new files."""

    INCREMENTAL = "incremental"
    FULL = "full"
    APPEND = "append"


class NewColumns(StrEnum):
    """What happens to upstream columns that nobody declared."""

    RESCUE = "rescue"
    EVOLVE = "evolve"
    FREEZE = "freeze"


class PersonalData(StrEnum):
    """How a column of personal data is landed: as keyed tokens, or not at all."""

    TOKEN = "token"  # noqa: S105
    DROP = "drop"


class FileFormat(StrEnum):
    """What a file holds: a JSON object a line, one JSON document, CSV with a header, or Parquet."""

    JSON_LINES = "json_lines"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


class Encoding(StrEnum):
    """How a CSV file writes its characters."""

    UTF_8 = "utf-8"
    LATIN_1 = "latin-1"


def _identifier(text: object) -> str:
    if not isinstance(text, str) or not IDENTIFIER.fullmatch(text):
        raise ValueError(f"{text!r} is not an identifier; allowed: [a-z_][a-z0-9_]*, at most 63")
    return text


def _variable(text: object) -> str:
    if not isinstance(text, str) or not _VARIABLE.fullmatch(text):
        raise ValueError(
            "not the name of an environment variable; allowed: [A-Z_][A-Z0-9_]*; the URL itself"
            " belongs into that variable, never into this file"
        )
    return text


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is not a duration; write for example '10 minutes'")
    return timedelta(**{f"{found[2]}s": int(found[1])})


def _data_type(value: object) -> DataType:
    return value if isinstance(value, DataType) else DataType.parse(str(value))


def _file_pattern(text: object) -> str:
    parts = text.split("/") if isinstance(text, str) else [""]
    if any(not part or part.startswith(".") or not part.isprintable() for part in parts):
        raise ValueError(
            f"{text!r} is no pattern of file names; write for example 'sales/*.csv': parts between"
            " slashes, none of them empty or beginning with a dot"
        )
    return str(text)


def _path(text: object) -> str:
    if not isinstance(text, str) or not text or not all(text.split(".")):
        raise ValueError(f"{text!r} is no path; write for example metrics.currentMileageKm")
    return text


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError(f"a name stands twice in [{', '.join(names)}]")
    return names


Identifier = Annotated[str, BeforeValidator(_identifier)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]


class Declared(BaseModel):
    """A block of a declaration: nothing unknown in it, nothing changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PartitionField(Declared):
    """One part of a table's partitioning: a column, or year, month, day, hour, bucket of one."""

    column: Identifier
    transform: Literal["identity", "year", "month", "day", "hour", "bucket"] = "identity"
    buckets: int = 0

    @classmethod
    def parse(cls, value: object) -> PartitionField:
        """Read `month(created_at)`, `bucket(16, id)` or `country`. Raises ValueError otherwise."""
        found = _PARTITION.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ValueError(f"{value!r} is no partition; write for example month(created_at)")
        time, time_column, buckets, bucket_column, plain = found.groups()
        column = time_column or bucket_column or plain or ""
        if not IDENTIFIER.fullmatch(column):
            raise ValueError(
                f"{value!r} is no partition; allowed: a column, or"
                " year(c), month(c), day(c), hour(c), bucket(n, c)"
            )
        if bucket_column:
            return cls(column=column, transform="bucket", buckets=int(buckets))
        return cls.model_validate({"column": column, "transform": time or "identity"})

    @property
    def name(self) -> str:
        """The partition's name in the Iceberg table, as Spark would call it."""
        return self.column if self.transform == "identity" else f"{self.column}_{self.transform}"


def _partition(value: object) -> PartitionField:
    return value if isinstance(value, PartitionField) else PartitionField.parse(value)


class PostgresIngestion(Declared):
    """The `config.meta.ingestion` of a database: where its tables are, and defaults for them."""

    connector: Literal["postgres"]
    connection: Annotated[str, BeforeValidator(_variable)]
    upstream_schema: Identifier = Field(alias="schema")
    new_columns: NewColumns = NewColumns.RESCUE
    lag: Duration | None = None

    def declared(self) -> dict[str, object]:
        """Return what a PostgresSource takes from here."""
        return {"connection": self.connection, "upstream_schema": self.upstream_schema}


class FilesIngestion(Declared):
    """The `config.meta.ingestion` of files: where they are dropped, and defaults for tables."""

    connector: Literal["files"]
    connection: Annotated[str, BeforeValidator(_variable)]
    new_columns: Literal["rescue", "freeze"] = "rescue"
    stable_for: Duration = timedelta(seconds=2)

    def declared(self) -> dict[str, object]:
        """Return what a FileSource takes from here."""
        return {"connection": self.connection}


Key = Annotated[tuple[Identifier, ...], Field(min_length=1), AfterValidator(_distinct)]
Partitions = tuple[Annotated[PartitionField, BeforeValidator(_partition)], ...]


class PostgresTableIngestion(Declared):
    """A database table's `config.meta.ingestion`: how it is read and laid out."""

    load: Literal["incremental", "full"]
    key: Key
    cursor: Identifier | None = None
    partition_by: Partitions = ()
    new_columns: NewColumns | None = None
    lag: Duration | None = None
    table: Identifier | None = None

    def declared(self, name: str, source: PostgresIngestion) -> dict[str, object]:
        """Return what a PostgresTable called `name` takes from here and from its source."""
        return {
            "load": self.load,
            "key": self.key,
            "cursor": self.cursor,
            "partition_by": self.partition_by,
            "new_columns": self.new_columns or source.new_columns,
            "lag": self.lag if self.lag is not None else source.lag,
            "upstream_schema": source.upstream_schema,
            "upstream_table": self.table or name,
        }


class FileTableIngestion(Declared):
    """The `config.meta.ingestion` of a table made of files: which they are, how they are read."""

    files: Annotated[str, BeforeValidator(_file_pattern)]
    format: FileFormat
    key: Key
    partition_by: Partitions = ()
    new_columns: Literal["rescue", "freeze"] | None = None
    stable_for: Duration | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: Encoding = Encoding.UTF_8

    def declared(self, name: str, source: FilesIngestion) -> dict[str, object]:  # noqa: ARG002
        """Return what a FileTable takes from here and from its source."""
        return {
            "load": LoadMode.APPEND,
            "key": self.key,
            "partition_by": self.partition_by,
            "new_columns": self.new_columns or source.new_columns,
            "stable_for": (self.stable_for if self.stable_for is not None else source.stable_for),
            "files": self.files,
            "format": self.format,
            "delimiter": self.delimiter,
            "encoding": self.encoding,
        }


class ColumnDeclaration(Declared):
    """One declared column: name, type, where in a file it stands, whether it is personal data."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: Identifier
    data_type: Annotated[DataType, BeforeValidator(_data_type)]
    personal_data: PersonalData | None = None
    path: Annotated[str, BeforeValidator(_path)] | None = None

    @property
    def origin(self) -> tuple[str, ...]:
        """Where a file has it: the parts of its path, or its own name."""
        return tuple((self.path or self.name).split("."))


class TableDeclaration(Declared):
    """One raw table: what is read, how, and what its columns are."""

    source: str
    name: Identifier
    load: LoadMode
    key: tuple[str, ...]
    cursor: str | None = None
    partition_by: tuple[PartitionField, ...]
    new_columns: NewColumns
    columns: tuple[ColumnDeclaration, ...]

    @property
    def identifier(self) -> tuple[str, str]:
        """Namespace and name of the raw table, such as ("raw_shop", "orders")."""
        return f"raw_{self.source}", self.name

    @property
    def label(self) -> str:
        """The name a person selects the table by, such as shop.orders."""
        return f"{self.source}.{self.name}"

    @property
    def landed_columns(self) -> tuple[ColumnDeclaration, ...]:
        """The columns that reach the raw table: all but dropped personal data."""
        return tuple(c for c in self.columns if c.personal_data is not PersonalData.DROP)

    @property
    def has_personal_data(self) -> bool:
        """Whether any column is declared to be personal data."""
        return any(c.personal_data for c in self.columns)

    def column(self, name: str) -> ColumnDeclaration:
        """Return the declared column called `name`. Raises KeyError when there is none."""
        return {c.name: c for c in self.columns}[name]


class PostgresTable(TableDeclaration):
    """A raw table that is read from a table of a database."""

    upstream_schema: str
    upstream_table: str
    lag: timedelta | None


class FileTable(TableDeclaration):
    """A raw table that is read from files; `files` is the pattern of their names."""

    files: str
    format: FileFormat
    delimiter: str
    encoding: Encoding
    stable_for: timedelta


class SourceDeclaration(Declared):
    """One source system: the variable that says where it is, and its tables."""

    name: Identifier
    file: Path
    connection: str
    tables: tuple[TableDeclaration, ...]


class PostgresSource(SourceDeclaration):
    """A PostgreSQL database."""

    upstream_schema: str
    tables: tuple[PostgresTable, ...]


class FileSource(SourceDeclaration):
    """A folder, or the prefix of a bucket, that files are dropped in."""

    tables: tuple[FileTable, ...]
