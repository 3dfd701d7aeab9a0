"""What an export asks of a format: SQL for each row -> batches -> bytes, hashed as they go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.schema import Schema


class ExportFormat(StrEnum):
    """What files an export writes."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    XLSX = "xlsx"


@dataclass
class HashedFile:
    """A file that is written once, from start to end: its bytes, and their SHA-256."""

    stream: IO[bytes]
    size: int = 0
    closed: bool = False
    _hash: Any = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """The hash of all that was written."""
        return str(self._hash.hexdigest())

    def write(self, content: bytes) -> int:
        """Write the next bytes."""
        self._hash.update(content)
        self.size += len(content)
        return self.stream.write(content)

    def flush(self) -> None:
        """Hand on what is written."""
        self.stream.flush()

    def close(self) -> None:
        """Do nothing: whoever opened the file closes it."""


@dataclass(frozen=True)
class Content:
    """What a file will hold: a table by its name, its schema; `scratch` is for other files."""

    table: str
    schema: Schema
    scratch: Path


class FileFormat(Protocol):
    """How rows become a file."""

    @property
    def suffix(self) -> str:
        """What the names of its files end with, after a dot."""
        ...

    @property
    def is_escaped(self) -> bool:
        """Whether texts that a spreadsheet would run are changed."""
        ...

    def select(self, schema: Schema) -> str:
        """Return the SQL of the columns that `write` takes of each row."""
        ...

    def write(self, content: Content, batches: Iterator[pa.RecordBatch], to: HashedFile) -> int:
        """Write all rows; return how many there are. Raises FirnError for what it cannot hold."""
        ...
