"""Commands that texts of the project tell people to type: a file's text -> what does not exist.

Looked at are code spans and code blocks of Markdown, backticks of comments and docstrings, and the
string constants of Python, the fixes of errors among them.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROGRAMS = ("firn", "make", "dbt")
HOLE = "…"  # stands for a part of a command that is not written out
_ANY = re.compile(r"\b(?:firn|make|dbt)\s+\S")
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_FENCE = re.compile(r"^ {0,3}```.*?^ {0,3}```", re.MULTILINE | re.DOTALL)
# In lower case and before a word it is a command wherever it stands: prose calls the project Firn.
_FIRN = re.compile(r"(?<![\w.\-~])(firn [a-z].*)")
_STARTS = re.compile(r"^[\s>$]*((?:\w+=\S+ +)*(?:firn|make|dbt) .*)$")
_NEXT = re.compile(r"(?:&&|\|\||;|\| |\bor: |\bthen |\brun )\s*((?:firn|make|dbt) .*)")
_END = re.compile(r"\s#|\s{2,}|&&|\||;|\)|\"|`|[.,:](?:\s|$)|\s\(|→|─|'$")
_MAKE = re.compile(r"make [a-z-]+")
_WORD = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Command:
    """A command as a text has it."""

    program: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        """Return the command as it would be typed."""
        return " ".join((self.program, *self.words))


@cache
def commands_of(name: str, text: str) -> set[Command]:
    """Return the commands in a file's text; `name` says what kind of file it is."""
    if not _ANY.search(text):
        return set()
    readers = {".md": _of_markdown, ".py": _of_python}
    read = readers.get(Path(name).suffix, _of_other)
    return {command for snippet in read(text) for command in _parse(snippet)}


def _of_markdown(text: str) -> Iterator[str]:
    for block in _FENCE.findall(text):
        yield from _lines(block)
    rest = _FENCE.sub("", text)
    yield from (line for line in _lines(rest) if line.startswith("    "))
    yield from _spans(rest)
    yield from _FIRN.findall(_SPAN.sub("", rest))


def _of_python(text: str) -> Iterator[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = "\n".join(t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT)
    yield from _spans(comments)
    yield from _FIRN.findall(comments)
    tree = ast.parse(text)
    for fix in _fixes(tree):
        yield from (fix for _ in [0] if fix.startswith("dbt ") or _MAKE.fullmatch(fix))
        yield from _NEXT.findall(fix)
    for constant in _strings(tree):
        yield from _spans(constant)
        plain = _SPAN.sub("", constant)
        yield from _FIRN.findall(plain)
        yield from re.findall(r"^dbt .* --.*$", plain)
        yield from re.findall(r"\brun (make [a-z-]+)", plain)
        block = inspect.cleandoc(plain)
        yield from (line for line in _lines(block) if line.startswith("    "))


def _fixes(tree: ast.AST) -> Iterator[str]:
    """Yield what errors say helps against them: their second argument, or the one named so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            found = node.args[1:2] if name.endswith(("Error", "Fault")) else []
            found += [k.value for k in node.keywords if k.arg in ("fix", "make", "rebuild")]
            yield from (text for part in found for text in _strings(part))


def _of_other(text: str) -> Iterator[str]:
    """Yield what SQL, YAML, XML or a Makefile has: backticks over lines, and Firn's commands."""
    joined = re.sub(r"\n\s*(?:#|--)?\s*", " ", text)
    yield from _spans(joined)
    for line in text.splitlines():
        yield from _FIRN.findall(line)
        yield from re.findall(r"\"((?:dbt|make) [^\"]*)\"", line)


def _strings(tree: ast.AST) -> Iterator[str]:
    """Yield every string constant; what an f-string fills in is a hole."""
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inner |= {id(part) for part in ast.walk(node) if part is not node}
            if id(node) not in inner:
                yield "".join(_part(value) for value in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.value


def _part(value: ast.expr) -> str:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else HOLE


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a code block, one that ends with a backslash together with the next."""
    yield from re.sub(r"\\\n\s*", "", text).splitlines()


def _spans(text: str) -> Iterator[str]:
    yield from (" ".join(span.split()) for span in _SPAN.findall(text))


def _parse(snippet: str) -> Iterator[Command]:
    """Yield the commands of a line: the one it starts with, and those behind `&&` and the like."""
    starts = _STARTS.findall(snippet) + _NEXT.findall(snippet) + _FIRN.findall(snippet)
    for start in starts:
        plain = re.sub(r"^(?:\w+=\S+ +)*", "", start)
        if end := _END.search(plain):
            plain = plain[: end.start()]
        program, *words = plain.split()
        if words:
            yield Command(program, tuple(words))


class Programs:
    """What the three programs know: the command trees of dbt and Firn, the Makefile's targets."""

    def __init__(self, dbt: Any, firn: Any, targets: Iterable[str]) -> None:  # noqa: ANN401
        """Take the root commands of dbt and Firn, and the targets of make."""
        self._trees = {"firn": firn, "dbt": dbt}
        self._targets = set(targets)

    def fault(self, command: Command) -> str | None:
        """Say what of `command` does not exist, None when all does or it is not written out."""
        if command.program == "make":
            return self._make_fault(command)
        return _tree_fault(self._trees[command.program], list(command.words))

    def _make_fault(self, command: Command) -> str | None:
        targets = [word for word in command.words if _WORD.fullmatch(word)]
        wrong = [word for word in targets[:1] if word not in self._targets]
        return f"there is no target {wrong[0]}" if wrong else None


def _tree_fault(node: Any, words: list[str]) -> str | None:  # noqa: ANN401
    known = _options(node)
    for word in (word.rstrip(".,;:'") for word in words):
        if word.startswith("-"):
            option = word.split("=")[0]
            if option.startswith("--") and option != "--" and option not in known:
                return f"there is no option {option}"
        elif hasattr(node, "list_commands"):
            if not _WORD.fullmatch(word):
                return None
            below = node.get_command(None, word)
            if below is None:
                return f"there is no command {word}"
            node, known = below, known | _options(below)
    return None


def _options(node: Any) -> set[str]:  # noqa: ANN401
    return {"--help"} | {o for p in node.params for o in (*p.opts, *p.secondary_opts)}
