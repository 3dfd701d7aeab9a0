"""JSON documents, an object or a list of objects a file: a stream -> blocks of lines."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator

from ingestion.formats import chunks
from ingestion.formats.base import NOT_READABLE, BadFileError, OwnWords, Readable
from ingestion.formats.chunks import Block, too_long
from ingestion.formats.json.lines import JsonLines
from ingestion.formats.json.texts import after_space, require_object


class JsonDocument(JsonLines):
    """One document a file: an object, or a list of objects, each of them a row.

    The document is read piece by piece, so it may be of any size.
    """

    def chunks(self, stream: Readable) -> Iterator[Block]:
        """Yield the objects as lines. Raises BadFileError where the document ends or breaks."""
        longest = self._table.max_row_size
        lines: list[bytes] = []
        size = 0
        try:
            for item in _Document(stream, longest).items():
                line = _on_one_line(item).encode() + b"\n"
                if len(line) > longest + 1:
                    raise BadFileError(
                        NOT_READABLE, OwnWords(f"an object of it is {too_long(longest)}")
                    )
                lines.append(line)
                size += len(line)
                if size >= chunks.BLOCK_BYTES:
                    yield Block(b"".join(lines))
                    lines, size = [], 0
        except UnicodeDecodeError:
            raise BadFileError(NOT_READABLE, OwnWords("it is no UTF-8")) from None
        except (ValueError, RecursionError) as error:
            raise BadFileError(NOT_READABLE, f"it is no JSON document: {error}") from None
        if lines:
            yield Block(b"".join(lines))


def document_lines(stream: Readable, longest: int) -> Iterator[bytes]:
    """Yield the objects of a document as lines, as far as it can be read."""
    try:
        for item in _Document(stream, longest).items():
            yield _on_one_line(item).encode()
    except (ValueError, RecursionError, BadFileError):
        return


class _Document:
    """The text of a document, of which no more than one object and a block is held."""

    def __init__(self, stream: Readable, longest: int) -> None:
        self._stream = stream
        self._longest = longest
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._position = 0
        self._passed = 0  # characters before those of `_text`
        self._is_whole = False

    def items(self) -> Iterator[str]:
        """Yield the text of each object. Raises ValueError for anything else."""
        if self._next() != "[":
            yield self._item()
            if self._next():
                raise ValueError("something follows the object")
            return
        self._position += 1
        while self._next() != "]":
            yield self._item()
            if self._next() == ",":
                self._position += 1
            elif self._next() != "]":
                raise ValueError("the list is not closed")
        self._position += 1
        if self._next():
            raise ValueError("something follows the list")

    def _next(self) -> str:
        """Return the character that follows after white space, nothing at the end."""
        while True:
            self._position = after_space(self._text, self._position)
            if self._position < len(self._text):
                return self._text[self._position]
            if not self._read():
                return ""

    def _item(self) -> str:
        """Return the text of the object that begins here, and go to its end."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._position)
            except json.JSONDecodeError as error:
                if len(self._text) - self._position <= self._longest and self._read():
                    continue
                if len(self._text) - self._position > self._longest:
                    problem = f"an object of it is {too_long(self._longest)}, or no JSON"
                    raise BadFileError(NOT_READABLE, problem) from None
                where = self._passed + error.pos
                raise ValueError(f"{error.msg} at character {where + 1:,}") from None
            require_object(value)
            item = self._text[self._position : end]
            self._position = end
            return item

    def _read(self) -> bool:
        """Read on, twice as much as is waiting. Returns False at the end of the document."""
        if self._is_whole:
            return False
        self._passed += self._position
        waiting = self._text[self._position :]
        data = self._stream.read(max(chunks.BLOCK_BYTES, min(len(waiting), self._longest)))
        self._is_whole = not data
        self._text = waiting + self._decode(data, final=self._is_whole)
        self._position = 0
        return True


def _on_one_line(item: str) -> str:
    """Return a JSON text without line ends: values have none, elsewhere they are spaces."""
    return item.replace("\r", " ").replace("\n", " ")
