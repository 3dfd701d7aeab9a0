"""Constructs from which no incremental refresh is derived: a node of the SQL -> an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lake.errors import FirnError

if TYPE_CHECKING:
    from sqlglot import exp

REBUILD = "rewrite it, or let the model be rebuilt with `refresh_mode: full`"


class NotDerivableError(FirnError):
    """A query from whose SQL no incremental refresh follows; `construct` says what stands against.

    `line` is that of the SQL as given, None where it is not known.
    """

    exit_code = 2

    def __init__(self, construct: str, line: int | None = None, fix: str = REBUILD) -> None:
        """Keep the construct's name, its line and what to write instead."""
        where = f", line {line}" if line else ""
        super().__init__(f"no incremental refresh follows from this query: {construct}{where}", fix)
        self.construct = construct
        self.line = line


def refuse(construct: str, node: exp.Expr | None = None, fix: str = REBUILD) -> NotDerivableError:
    """Return the error that names a construct and, by `node`, its line."""
    return NotDerivableError(construct, line_of(node) if node is not None else None, fix)


def line_of(node: exp.Expr) -> int | None:
    """Return the first line of a node, or that of the nearest node around it that has one."""
    lines = [int(each.meta["line"]) for each in node.walk() if "line" in each.meta]
    if lines:
        return min(lines)
    return line_of(node.parent) if node.parent is not None else None
