"""Where rows of CSV end: buffers -> positions of their line ends outside quoted values."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from ingestion.formats.chunks import Positions, after_last_line, positions

LINE_FEED, CARRIAGE_RETURN = b"\n\r"
_LINE_END = re.compile(rb"\n|\r(?!\n)")
_EMPTY = {b"\n", b"\r\n", b"\r", b""}


class CsvCut:
    """Finds where a row of CSV ends: a line end within quotes is part of a value.

    A line ends with a line feed, or with a carriage return that none follows. A quote opens a value
    only at the value's start. Where all quotes but closing and doubled ones stand so, a line end
    ends a row when an even number of quotes is before it, which is counted for a whole buffer at
    once; else the buffer is gone through value by value.
    """

    def __init__(self, delimiter: str, escape: str | None = None, quote: str = '"') -> None:
        """Cut rows whose values are parted by `delimiter`; what follows `escape` means itself.

        Without a `quote` every line end that is not escaped ends a row.
        """
        self._delimiter = delimiter.encode()
        self._quote = quote.encode()
        self._escape = escape.encode() if escape else None
        self._escaped = re.compile(re.escape(self._escape or b"") + rb"(?s:.)")
        mark = re.escape(self._delimiter)
        own = re.escape(self._quote) or rb"(?!)"
        other = rb"[^" + own + rb"]" if quote else rb"."
        self._opening = re.compile(rb"(?:\A|(?<=[\r\n])|(?<=" + mark + rb"))" + own)
        self._closing = re.compile(
            other + rb"*(?:" + own + own + other + rb"*)*" + own + rb"(?!" + own + rb")"
        )
        self._ends_value = np.zeros(256, np.bool_)
        self._ends_value[[LINE_FEED, CARRIAGE_RETURN, self._delimiter[0]]] = True
        self._after_value = re.compile(rb"\Z|[\r\n]|" + mark)

    def __call__(self, buffer: bytes) -> int:
        """Return where the last whole row of a buffer ends, -1 when none does.

        A carriage return counts where no line feed ends a row: one may follow that at the very end.
        """
        buffer = self._masked(buffer)
        if not self._has_quotes(buffer):
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
        return [row for row in rows if row not in _EMPTY]

    def has_text_after_quote(self, data: bytes) -> bool:
        """Whether text follows a quote that closes a value: it is not clear what is meant."""
        if not self._has_quotes(data):
            return False
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
        spans = self.plain_spans(self._masked(row))
        return not all(start == 0 or self._after_value.match(row, start) for start, _ in spans)

    def _has_quotes(self, data: bytes) -> bool:
        return bool(self._quote) and self._quote in data

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
        for start, end in self.plain_spans(data):
            ends += [found.end() for found in _LINE_END.finditer(data, start, end)]
        return ends

    def _quotes(self, buffer: bytes) -> Positions | None:
        """Return where quotes stand; None when one is at a place where it means itself."""
        if not self._quote:
            return positions(b"\0", b"")
        quotes = positions(self._quote, buffer)
        opening, before = quotes[::2], np.frombuffer(buffer, np.uint8)[quotes[::2] - 1]
        starts_value = (opening == 0) | (before == LINE_FEED) | (before == CARRIAGE_RETURN)
        if len(self._delimiter) == 1:
            starts_value |= before == self._delimiter[0]
        starts_value[1:] |= opening[1:] == quotes[1:-1:2] + 1  # doubled
        return quotes if starts_value.all() else None

    def plain_spans(self, buffer: bytes) -> Iterator[tuple[int, int]]:
        """Yield the stretches of a buffer that lie outside quoted values, in order."""
        buffer = self._masked(buffer)
        position = 0
        while opening := self._opening.search(buffer, position):
            yield position, opening.start()
            closing = self._closing.match(buffer, opening.end())
            if closing is None:
                return
            position = closing.end()
        yield position, len(buffer)


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
