"""Cuts a stream into chunks of whole rows, in bounded memory: bytes -> blocks, lines too long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

BLOCK_BYTES = 8 * 1024 * 1024
KEPT_OF_LONG_ROW = 1024
PARALLEL_BYTES = 1024 * 1024
PARALLEL_BLOCKS = 4
_NEEDS_LARGER_BLOCKS = "straddl"  # what pyarrow says of a row that is not in two blocks at most
LINE_FEED, CARRIAGE_RETURN = b"\n\r"
_LINE_END = re.compile(rb"\n|\r(?!\n)")
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


class CsvCut:
    """Finds where a row of CSV ends: a line end within quotes is part of a value.

    A line ends with a line feed, or with a carriage return that none follows. A quote opens a value
    only at the value's start. Where all quotes but closing and doubled ones stand so, a line end
    ends a row when an even number of quotes is before it, which is counted for a whole buffer at
    once; else the buffer is gone through value by value.
    """

    def __init__(self, delimiter: str, escape: str | None = None) -> None:
        """Cut rows whose values are parted by `delimiter`; what follows `escape` means itself."""
        self._delimiter = delimiter.encode()
        self._escape = escape.encode() if escape else None
        self._escaped = re.compile(re.escape(self._escape or b"") + rb"(?s:.)")
        mark = re.escape(self._delimiter)
        self._opening = re.compile(rb"(?:\A|(?<=[\r\n])|(?<=" + mark + rb'))"')
        self._closing = re.compile(rb'[^"]*(?:""[^"]*)*"(?!")')
        self._ends_value = np.zeros(256, np.bool_)
        self._ends_value[[LINE_FEED, CARRIAGE_RETURN, self._delimiter[0]]] = True
        self._after_value = re.compile(rb"\Z|[\r\n]|" + mark)

    def __call__(self, buffer: bytes) -> int:
        """Return where the last whole row of a buffer ends, -1 when none does.

        A carriage return counts where no line feed ends a row: one may follow that at the very end.
        """
        buffer = self._masked(buffer)
        if b'"' not in buffer:
            cut = after_last_line(buffer)
        elif (quotes := self._quotes(buffer)) is None:
            ends = self._ends_by_value(buffer)
            cut = max((end for end in ends if buffer[end - 1] == LINE_FEED), default=-1)
        else:
            cut = _last_feed_outside(quotes, buffer)
        if cut < 0 and b"\r" in buffer:
            cut = max((end for end in self._ends(buffer) if end < len(buffer)), default=-1)
        return cut

    def rows(self, data: bytes) -> list[bytes]:
        """Split whole rows, leaving out empty lines."""
        ends = self._ends(self._masked(data))
        if not ends or ends[-1] < len(data):
            ends.append(len(data))
        rows = [data[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        return [row for row in rows if row.strip(b"\r\n")]

    def has_text_after_quote(self, data: bytes) -> bool:
        """Whether text follows a quote that closes a value: it is not clear what is meant."""
        data = self._masked(data)
        quotes = self._quotes(data)
        if quotes is None or len(quotes) % 2 or len(self._delimiter) > 1:
            return self.has_text_after_quote_in(data)
        closing, opening = quotes[1::2], quotes[2::2]
        after = np.minimum(closing + 1, len(data) - 1)  # at the end: the quote itself
        is_end = self._ends_value[np.frombuffer(data, np.uint8)[after]]
        is_end[-1:] |= closing[-1:] + 1 == len(data)
        is_end[: len(opening)] |= closing[: len(opening)] + 1 == opening  # doubled
        return not is_end.all()

    def has_text_after_quote_in(self, row: bytes) -> bool:
        """Say the same of one row, or a few, for which it is quicker."""
        spans = self._plain_spans(self._masked(row))
        return not all(start == 0 or self._after_value.match(row, start) for start, _ in spans)

    def _masked(self, data: bytes) -> bytes:
        """Return data of the same length without escaped characters."""
        if self._escape is None or self._escape not in data:
            return data
        return self._escaped.sub(b"xx", data)

    def _ends(self, data: bytes) -> list[int]:
        """Return where the rows end."""
        quotes = self._quotes(data)
        if quotes is None:
            return self._ends_by_value(data)
        line_ends = _line_ends(data)
        ends: list[int] = (line_ends[np.searchsorted(quotes, line_ends) % 2 == 0] + 1).tolist()
        return ends

    def _ends_by_value(self, data: bytes) -> list[int]:
        """Return where the rows end, whatever the quotes mean."""
        ends = []
        for start, end in self._plain_spans(data):
            ends += [found.end() for found in _LINE_END.finditer(data, start, end)]
        return ends

    def _quotes(self, buffer: bytes) -> Positions | None:
        """Return where quotes stand; None when one is at a place where it means itself."""
        quotes = positions(b'"', buffer)
        opening, before = quotes[::2], np.frombuffer(buffer, np.uint8)[quotes[::2] - 1]
        starts_value = (opening == 0) | (before == LINE_FEED) | (before == CARRIAGE_RETURN)
        if len(self._delimiter) == 1:
            starts_value |= before == self._delimiter[0]
        starts_value[1:] |= opening[1:] == quotes[1:-1:2] + 1  # doubled
        return quotes if starts_value.all() else None

    def _plain_spans(self, buffer: bytes) -> Iterator[tuple[int, int]]:
        """Yield the stretches of a buffer that lie outside quoted values, in order."""
        position = 0
        while opening := self._opening.search(buffer, position):
            yield position, opening.start()
            closing = self._closing.match(buffer, opening.end())
            if closing is None:
                return
            position = closing.end()
        yield position, len(buffer)


def positions(byte: bytes, data: bytes) -> Positions:
    """Return where a byte stands in `data`, in order."""
    return np.flatnonzero(np.frombuffer(data, np.uint8) == byte[0])


def _line_ends(data: bytes) -> Positions:
    """Return where lines end: line feeds, and carriage returns that none follows, in order."""
    feeds = positions(b"\n", data)
    if b"\r" not in data:
        return feeds
    returns = positions(b"\r", data)
    return np.union1d(feeds, np.setdiff1d(returns, feeds - 1, assume_unique=True))


def _last_feed_outside(quotes: Positions, buffer: bytes) -> int:
    """Return where the last line ends that an even number of quotes is before, -1 if none does."""
    end = len(buffer)
    while (end := buffer.rfind(b"\n", 0, end)) >= 0:
        before = int(np.searchsorted(quotes, end))
        if before % 2 == 0:
            return end + 1
        end = int(quotes[before - 1])
    return -1


def blocks(
    stream: BinaryIO, longest_row: int, find_cut: FindCut = after_last_line
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


def _without_first_line(rest: bytes, stream: BinaryIO) -> tuple[bytes, bytes]:
    """Return the head of a line that is too long, and what follows that line."""
    head = rest[:KEPT_OF_LONG_ROW]
    while (end := rest.find(b"\n")) < 0:
        rest = stream.read(BLOCK_BYTES)
        if not rest:
            return head, b""
    return head, rest[end + 1 :]
