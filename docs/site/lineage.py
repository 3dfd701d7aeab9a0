"""Lineage of the whole project: tables with SQL -> where each column is from, and who reads it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from docs.site.column_lineage import ColumnName, Origin, Tracing, trace
from docs.site.project import Project, Table
from docs.site.resolution import UNKNOWN_TYPE


@dataclass(frozen=True)
class Lineage:
    """What each column of a made table is made of, by the table's and the column's name."""

    origins: Mapping[str, Mapping[str, Origin]]

    def counted(self, tables: Iterable[str] | None = None) -> Counter[Tracing]:
        """Return how many columns were traced and how many not, of all tables or of those named."""
        chosen = self.origins if tables is None else {t: self.origins.get(t, {}) for t in tables}
        return Counter(each.tracing for columns in chosen.values() for each in columns.values())

    def summary(self) -> str:
        """Say how many columns were traced and how many not."""
        counted = self.counted()
        return (
            f"Of {counted.total():,} columns {counted[Tracing.TRACED]:,} are traced, "
            f"{counted[Tracing.NO_COLUMN]:,} are made of no column (rows are counted, or it is a"
            f" constant), {counted[Tracing.UNTRACED]:,} could not be traced or in part only"
        )

    def untraced(self) -> list[ColumnName]:
        """Return the columns that could not be traced, or in part only."""
        return [
            ColumnName(table, column)
            for table, columns in self.origins.items()
            for column, origin in columns.items()
            if origin.tracing is Tracing.UNTRACED
        ]

    def origin(self, column: ColumnName) -> Origin | None:
        """Return what a column is made of; None for one that no SQL makes."""
        return self.origins.get(column.table, {}).get(column.column)

    def sources(self, column: ColumnName) -> tuple[ColumnName, ...]:
        """Return the columns of raw tables and seeds that a column is made of in the end."""
        found: set[ColumnName] = set()
        waiting, seen = [column], {column}
        while waiting:
            origin = self.origin(here := waiting.pop())
            if origin is None:
                found.add(here)
            else:
                waiting += [each for each in origin.columns if each not in seen]
                seen.update(origin.columns)
        return tuple(sorted(found))

    def readers(self, column: ColumnName) -> tuple[ColumnName, ...]:
        """Return the columns that are made of a column directly."""
        return tuple(sorted(self._readers.get(column, ())))

    @cached_property
    def _readers(self) -> dict[ColumnName, list[ColumnName]]:
        found: dict[ColumnName, list[ColumnName]] = defaultdict(list)
        for table, columns in self.origins.items():
            for column, origin in columns.items():
                for each in origin.columns:
                    found[each].append(ColumnName(table, column))
        return found


def lineage_of(project: Project) -> Lineage:
    """Return the lineage of all tables that are made by SQL.

    What an ephemeral model reads counts as read by the tables that take it in.
    """
    schema: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for table in project.tables.values():
        if not table.is_ephemeral:
            namespace, name = table.name.split(".", 1)
            if table.columns:  # sqlglot takes no table without any
                kinds = {c.name: c.data_type or UNKNOWN_TYPE for c in table.columns}
                schema[namespace][name] = kinds
    return Lineage(
        {
            table.name: trace(table.sql, [column.name for column in table.columns], schema)
            for table in project.tables.values()
            if table.sql
        }
    )


def tables_around(table: Table, reads: Mapping[str, Iterable[str]]) -> set[str]:
    """Return a table, all that it is made of and all that is made of it, by name.

    `reads` has for each table, or exposure, what it reads directly.
    """
    read_by: dict[str, set[str]] = defaultdict(set)
    for reader, upstream in reads.items():
        for each in upstream:
            read_by[each].add(reader)
    return _reached(table.name, reads) | _reached(table.name, read_by)


def _reached(start: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        new = set(edges.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found
