"""What a format makes of a chunk of a file: typed columns with row numbers, and rows it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple, Protocol, TypeVar

import pyarrow as pa

Chunk = TypeVar("Chunk")
NOT_REPRESENTABLE = "not_representable"
NOT_READABLE = "not_readable"
GIVEN_UP_ROWS = 1_000
MOST_COLUMNS = 10_000  # of a file, declared or not


class OwnWords(str):
    """A reason that quotes nothing of a row, of a header or of what a library says of them."""

    __slots__ = ()


class BadFileError(Exception):
    """A file that cannot be landed at all: `rule` and `reason` say why."""

    def __init__(self, rule: str, reason: str) -> None:
        """Keep both; a reason that is no OwnWords may quote the file."""
        super().__init__(reason)
        self.rule = rule
        self.reason = reason


@dataclass(frozen=True)
class RowContent:
    """What a row of a file is: its bytes, or only their head; of Parquet JSON, and the row itself.

    `arrow` is the row as an Arrow stream, where the bytes are only for people.
    """

    data: bytes
    is_cut: bool = False
    arrow: bytes | None = None


class BadRow(NamedTuple):
    """A row of a file that cannot be landed, with what it holds."""

    number: int
    rule: str
    reason: str
    content: RowContent | bytes


@dataclass(frozen=True)
class Parsed:
    """Rows in the declared columns, their numbers in the file (from 1), undeclared fields as JSON.

    `contents` gives what the row holds at a position among them, `header` the line that names
    their values where they do not do so themselves.
    """

    rows: pa.Table
    numbers: pa.Array
    contents: Callable[[int], RowContent | bytes]
    rescued: Sequence[str | None] | None = None
    bad: list[BadRow] = field(default_factory=list)
    header: str | None = None


def too_wide(count: int) -> str:
    """Say that a file has more columns than are read."""
    return f"it has {count:,} columns, at most {MOST_COLUMNS:,} are read"


def give_up_if_mostly_bad(
    explain: Callable[[str], str], judged: int, bad: Mapping[int, str]
) -> None:
    """Raise BadFileError when so many rows of a block are bad that it is useless to go on."""
    if len(bad) >= GIVEN_UP_ROWS and 2 * len(bad) > judged:
        reason = explain(next(iter(bad.values())))
        raise BadFileError(
            "mostly_bad", f"{len(bad):,} of {judged:,} rows cannot be landed: {reason}"
        )


class Readable(Protocol):
    """What gives bytes, as many as are asked for at most, none at its end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""


class Format(Protocol[Chunk]):
    """How the content of one file becomes rows; an object per file.

    `chunks` and `parse` run in different threads, each chunk being parsed in its turn.
    """

    def chunks(self, stream: BinaryIO) -> Iterator[Chunk]:
        """Cut the content into chunks that fit into memory. Raises BadFileError."""

    def parse(self, chunk: Chunk) -> Parsed:
        """Return the rows of a chunk. Raises BadFileError."""

    def joinable(self, chunk: Chunk) -> tuple[str, int] | None:
        """Return what chunks of several files must agree in to be parsed as one, and the rows.

        None where a chunk has to be parsed by itself. The count may be too high, never too low.
        """
