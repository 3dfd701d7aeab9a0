"""Cuts a stream into chunks of whole rows, in bounded memory: bytes -> blocks, lines too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.formats.base import Readable

BLOCK_BYTES = 8 * 1024 * 1024
KEPT_OF_LONG_ROW = 1024
PARALLEL_BYTES = 1024 * 1024
PARALLEL_BLOCKS = 4
_NEEDS_LARGER_BLOCKS = "straddl"  # what pyarrow says of a row that is not in two blocks at most
Positions = npt.NDArray[np.int64]
# Finds where the last whole row of a buffer ends; -1 when none does.
FindCut = Callable[[bytes], int]


@dataclass(frozen=True)
class Block:
    """Whole rows, each ended by a line feed; or the head of one that is none, and why not."""

    data: bytes
    broken: str | None = None


def after_last_line(buffer: bytes) -> int:
    """Return where the last whole line of a buffer ends, -1 when there is none."""
    return buffer.rfind(b"\n") + 1 or -1


def positions(byte: bytes, data: bytes) -> Positions:
    """Return where a byte stands in `data`, in order."""
    return np.flatnonzero(np.frombuffer(data, np.uint8) == byte[0])


def blocks(
    stream: Readable, longest_row: int, find_cut: FindCut = after_last_line
) -> Iterator[Block]:
    """Yield the content of a stream as blocks of whole rows, the last one ended if it was not.

    A row of more than `longest_row` bytes, or whose quote is never closed, is none: its first line
    is handed over as broken, and reading goes on after that line.
    """
    rest = b""
    while chunk := stream.read(_next_bytes(len(rest), longest_row)):
        rest += chunk
        cut = find_cut(rest)
        if cut > longest_row and find_cut(rest[: longest_row + 1]) < 0:
            cut = -1  # rows end in it, but the first of them is too long
        if cut > 0:
            yield Block(rest[:cut])
            rest = rest[cut:]
        elif len(rest) > longest_row:
            head, rest = _without_first_line(rest, stream)
            yield Block(head, too_long(longest_row))
    while rest:
        rest = rest if rest.endswith(b"\n") else rest + b"\n"
        cut = find_cut(rest)
        if cut > 0:
            yield Block(rest[:cut])
            rest = rest[cut:]
        else:
            line, rest = rest[: rest.index(b"\n") + 1], rest[rest.index(b"\n") + 1 :]
            yield Block(line[:KEPT_OF_LONG_ROW], "a quote is never closed")


def too_long(longest_row: int) -> str:
    """Say that a row is longer than is allowed, and what allows more."""
    return f"longer than {longest_row / 1024 / 1024:.3g} MB ({longest_row:,} bytes, `max_row_size`)"


def read_in_blocks(read: Callable[[int], pa.Table], length: int) -> pa.Table:
    """Return what `read` makes of `length` bytes of whole rows in blocks of a size that it is told.

    Several blocks are parsed at once. A row that is longer than two of them is read as one block.
    """
    try:
        return read(max(PARALLEL_BYTES, length // PARALLEL_BLOCKS))
    except pa.ArrowInvalid as error:
        if _NEEDS_LARGER_BLOCKS not in str(error):
            raise
    return read(length + 1)


def _next_bytes(begun: int, longest_row: int) -> int:
    """Return how much to read after so much of a row: twice as much each time, up to the limit.

    Of what was read then, only the first row can be too long.
    """
    return min(max(BLOCK_BYTES, begun), max(longest_row + 1 - begun, min(BLOCK_BYTES, longest_row)))


def _without_first_line(rest: bytes, stream: Readable) -> tuple[bytes, bytes]:
    """Return the head of a line that is too long, and what follows that line."""
    head = rest[:KEPT_OF_LONG_ROW]
    while (end := rest.find(b"\n")) < 0:
        rest = stream.read(BLOCK_BYTES)
        if not rest:
            return head, b""
    return head, rest[end + 1 :]
