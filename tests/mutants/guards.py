"""Finds guards in Python: a module -> each `if` that leaves early, and the module without it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

LEAVES = (ast.Raise, ast.Return, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Guard:
    """An `if` without an else whose body ends by leaving: its line and condition in a source.

    `start` and `end` are the condition's place in the source, in bytes of UTF-8.
    """

    line: int
    condition: str
    start: int
    end: int

    def switched_off(self, source: str) -> str:
        """Return the source with a condition that never holds in the place of this one."""
        text = source.encode()
        return (text[: self.start] + b"False" + text[self.end :]).decode()


def guards_of(source: str) -> Iterator[Guard]:
    """Yield the guards of a module from top to bottom, those that only types need left out."""
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.If) or node.orelse or not isinstance(node.body[-1], LEAVES):
            continue
        test = node.test
        if test.end_lineno is None or test.end_col_offset is None or _binds(test):
            continue
        start = starts[test.lineno - 1] + test.col_offset
        end = starts[test.end_lineno - 1] + test.end_col_offset
        yield Guard(node.lineno, ast.unparse(test), start, end)


def _binds(test: ast.expr) -> bool:
    """Whether the condition names something that is used after it: without it nothing would run."""
    return any(isinstance(node, ast.NamedExpr) for node in ast.walk(test))
