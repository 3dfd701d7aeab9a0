"""Text of any encoding as UTF-8, and without its first lines: a stream -> a stream."""

from __future__ import annotations

import codecs
import re

from ingestion.formats.base import NOT_READABLE, BadFileError, OwnWords, Readable

UTF_8 = "utf-8"
BLOCK_BYTES = 1024 * 1024
_LINE_END = re.compile(rb"\r\n|\n|\r(?=[^\n])")


class Decoded:
    """A stream in an encoding, read as UTF-8.

    A byte that the encoding does not have becomes one that UTF-8 does not have (an encoded
    surrogate), so that it costs its row. Raises BadFileError where nothing can be told apart.
    """

    def __init__(self, stream: Readable, encoding: str) -> None:
        """Read `stream`, which is in `encoding`."""
        self._stream = stream
        self._encoding = encoding
        self._decode = codecs.getincrementaldecoder(encoding)("surrogateescape").decode
        self._waiting = b""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        while not self._waiting:
            data = self._stream.read(size)
            try:
                text = self._decode(data, final=not data)
            except UnicodeError as error:
                raise BadFileError(NOT_READABLE, f"it is no {self._encoding}: {error}") from None
            self._waiting = text.encode(UTF_8, "surrogatepass")
            if not data:
                break
        head, self._waiting = self._waiting[:size], self._waiting[size:]
        return head


class WithoutLines:
    """A stream from after its first lines on. A quote in them means itself."""

    def __init__(self, stream: Readable, count: int) -> None:
        """Pass over `count` lines of `stream`."""
        self._stream = stream
        self._left = count
        self._count = count
        self._waiting = b""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes. Raises BadFileError where there are fewer lines than declared."""
        while self._left:
            self._pass_over()
        if self._waiting:
            head, self._waiting = self._waiting[:size], self._waiting[size:]
            return head
        return self._stream.read(size)

    def _pass_over(self) -> None:
        data = self._stream.read(BLOCK_BYTES)
        waiting = self._waiting + data
        position = 0
        while self._left and (end := _LINE_END.search(waiting, position)):
            position = end.end()
            self._left -= 1
        self._waiting = waiting[position:]
        if not data and self._left:
            # the last line may have no end, or be ended by a carriage return alone
            self._left -= bool(self._waiting)
            self._waiting = b""
            if self._left:
                passed = self._count - self._left
                raise BadFileError(
                    "no_header", OwnWords(f"it has {passed} lines, `skip` is {self._count}")
                )
