"""Columns and what they are made of: compiled SQL + columns of all tables -> columns upstream.

sqlglot resolves the SQL. What counts is whose values a column shows: a column that only filters,
joins or orders rows is none of it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.scope import Scope

from docs.site.resolution import Schema, resolved


@dataclass(frozen=True, order=True)
class ColumnName:
    """A column of a table, which is named as SQL names it."""

    table: str
    column: str


class Tracing(StrEnum):
    """How far a column could be traced."""

    TRACED = "traced"
    NO_COLUMN = "of no column"  # rows are counted, or it is a constant
    UNTRACED = "not traced"


@dataclass(frozen=True)
class Origin:
    """The columns that a column is made of; those that are known where tracing found not all."""

    tracing: Tracing
    columns: tuple[ColumnName, ...] = ()


def trace(
    sql: str, columns: Sequence[str], schema: Schema, dialect: str = "spark"
) -> dict[str, Origin]:
    """Return what each of `columns` of a query is made of, by their names.

    SQL that is not understood is no error: its columns are not traced.
    """
    try:
        scope = resolved(sql, schema, dialect)
    except SqlglotError:
        return dict.fromkeys(columns, Origin(Tracing.UNTRACED))
    return {each: _origin(each, scope, schema, dialect) for each in columns}


def _origin(column: str, scope: Scope, schema: Schema, dialect: str) -> Origin:
    try:
        with _warnings() as said:
            root = lineage(
                column, scope.expression, dict(schema), scope=scope, dialect=dialect,
                trim_selects=False, copy=False,
            )  # fmt: skip
    except (SqlglotError, ValueError):
        return Origin(Tracing.UNTRACED)
    nodes = list(root.walk())
    ends = [_column_of(node, schema) for node in nodes if not node.downstream]
    found = tuple(sorted({each for each in ends if isinstance(each, ColumnName)}))
    if said or Tracing.UNTRACED in ends or any(map(_has_star, nodes)):
        return Origin(Tracing.UNTRACED, found)
    return Origin(Tracing.TRACED if found else Tracing.NO_COLUMN, found)


def _column_of(end: Node, schema: Schema) -> ColumnName | Tracing:
    """Return the column of a table at which tracing ends, or why it is none."""
    table = end.expression
    if isinstance(table, exp.Table):
        name = exp.to_identifier(end.name.rpartition(".")[2].strip('`"')).name
        is_known = name in schema.get(table.db, {}).get(table.name, {})
        return ColumnName(f"{table.db}.{table.name}", name) if is_known else Tracing.UNTRACED
    reads = table.find(exp.Column, exp.Placeholder, exp.Query)
    return Tracing.UNTRACED if reads else Tracing.NO_COLUMN


def _has_star(node: Node) -> bool:
    """Return whether all columns of something are read of which not all are known."""
    return any(
        not isinstance(each.parent, exp.Count) for each in node.expression.find_all(exp.Star)
    )


class _Notes(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Yield what sqlglot warns of meanwhile: it leaves out subqueries it cannot resolve."""
    logger, notes = logging.getLogger("sqlglot"), _Notes()
    before = logger.propagate
    logger.addHandler(notes)
    logger.propagate = False
    try:
        yield notes.said
    finally:
        logger.removeHandler(notes)
        logger.propagate = before
