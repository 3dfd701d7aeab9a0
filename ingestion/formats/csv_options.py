"""How CSV is written, as declared per table: delimiter, quotes, encoding, numbers, null, header."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ingestion.declarations.model import Declared, Finding

# Codecs of Python that are for parts of texts, in which a line end is not a line end.
_PARTS_OF_TEXTS = frozenset(
    {"idna", "punycode", "raw_unicode_escape", "unicode_escape", "undefined"}
)
_PROBE = '"a",1;\t\r\n'


def _encoding(name: str) -> str:
    try:
        is_encoding = _PROBE.encode(name).decode(name).lstrip("\ufeff") == _PROBE
    except (LookupError, UnicodeError):
        is_encoding = False
    if not is_encoding or name.lower().replace("-", "_") in _PARTS_OF_TEXTS:
        raise ValueError(
            f"there is no encoding {name!r}; write one that Python knows, such as windows-1252,"
            " iso-8859-15, shift_jis, utf-16"
        )
    return name


def _separator(value: object) -> object:
    if isinstance(value, str) and (value.isalnum() or value in "+-"):
        raise ValueError(f"{value!r} parts no digits")
    return value


Character = Annotated[str, Field(pattern=r"^[!-~]$")]
Encoding = Annotated[str, AfterValidator(_encoding)]
Separator = Annotated[str, Field(min_length=1, max_length=1), BeforeValidator(_separator)]


class CsvOptions(Declared):
    """How a table's CSV files are written; `encoding` is for JSON, too."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(pattern=r"^[!-~]?$")] = '"'
    escape: Character | None = None
    encoding: Encoding = "utf-8"
    header: bool = True
    skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    null_values: tuple[str, ...] = ("",)
    decimal_separator: Literal[".", ","] = "."
    thousands_separator: Separator | None = None

    @property
    def codec(self) -> str:
        """The encoding by the one name that Python has for it, whatever it was called."""
        return codecs.lookup(self.encoding).name

    def reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Return the values of some lines, as texts. Raises csv.Error."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            escapechar=self.escape,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
        )

    def findings(self) -> Iterator[Finding]:
        """Yield what contradicts itself, each with its place in the block."""
        once = {"delimiter": self.delimiter, "quote": self.quote, "escape": self.escape}
        names = [name for name, value in once.items() if value]
        for position, name in enumerate(names):
            for other in names[:position]:
                if once[name] == once[other]:
                    yield (name,), f"{other} and {name} are both {once[name]!r}"
        if self.thousands_separator == self.decimal_separator:
            separator = self.decimal_separator
            yield (
                ("thousands_separator",),
                f"decimal_separator and thousands_separator are both {separator!r}",
            )
        if self.delimiter in "\r\n":
            yield ("delimiter",), "a line end parts rows, not values"
        for text in self.null_values:
            if "\n" in text or "\r" in text:
                yield ("null_values",), f"{text!r} has a line end in it"
            if self.delimiter in text or (self.quote and self.quote in text):
                yield ("null_values",), f"{text!r} has the delimiter or the quote in it"
