"""The terminal: texts from anywhere -> characters that only show, styles that only Firn sets.

A value may hold what a terminal obeys (escape sequences, overrides of the writing direction) or
what rich takes for markup. All that commands print goes through `Terminal`, which replaces the
first by symbols and knows no markup; a style is given by `styled`, whose values are never parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import IO, Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

C0_PICTURES = 0x2400  # U+2400 shows NUL, U+241B shows ESC
FIRST_PRINTED = 0x20
DELETE, DELETE_PICTURE, REPLACEMENT = 0x7F, "\u2421", "\ufffd"
# C0 without tab and line feed, DEL, C1, marks and overrides of direction, separators of lines and
# paragraphs, halves of surrogates (which no stream can encode), invisible tags.
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_PLACE = "\ue000"  # private use: stands for a value while a template is parsed


def visible(text: str) -> str:
    """Return a text of the same length in which what a terminal would obey is a symbol."""
    return _OBEYED.sub(_symbol, text)


def styled(template: str, *values: object) -> Text:
    """Return a template of rich markup with each `{}` in it replaced by a value, as it is.

    `styled("[bold]fix[/]: {}", fix)`: only the template has styles, whatever a value holds. One
    that was styled before keeps its style.
    """
    parsed = Text.from_markup(template.format(*[_PLACE] * len(values)), emoji=False)
    given = iter(values)
    whole = Text()
    ends = [n for at, mark in enumerate(parsed.plain) if mark == _PLACE for n in (at, at + 1)]
    for part in parsed.divide(ends):
        if part.plain == _PLACE:
            style = part.spans[-1].style if part.spans else ""
            value = next(given)
            whole.append(value if isinstance(value, Text) else Text(visible(str(value)), style))
        else:
            whole.append_text(part)
    return whole


def print_json(document: str) -> None:
    """Print a JSON document; what a terminal would obey is escaped within its texts."""
    typer.echo(_OBEYED.sub(_escape, document))


class Terminal(Console):
    """A console on which a text stands for itself: no markup, no emoji codes, no commands."""

    def __init__(
        self,
        file: IO[str] | None = None,
        *,
        stderr: bool = False,
        width: int | None = None,
        force_terminal: bool | None = None,
        soft_wrap: bool = False,
    ) -> None:
        """Write to `file`, by default standard output, or standard error with `stderr`."""
        super().__init__(
            file=file,
            stderr=stderr,
            width=width,
            force_terminal=force_terminal,
            soft_wrap=soft_wrap,
            markup=False,
            emoji=False,
            highlight=False,
        )

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401 - rich's own options
        """Return a text that stands for itself, before its width is measured."""
        return super().render_str(visible(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the parts of anything shown; all but rich's own commands are made visible."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(visible(segment.text), segment.style)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _symbol(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < FIRST_PRINTED:
        return chr(C0_PICTURES + code)
    return DELETE_PICTURE if code == DELETE else REPLACEMENT
