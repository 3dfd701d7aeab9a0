"""Pages of lineage: project + origins of columns -> one page per table and exposure, an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from docs.site.column_lineage import ColumnName, Tracing
from docs.site.diagrams import Box, Edge, Row, to_dot
from docs.site.lineage import Lineage, tables_around
from docs.site.markdown import (
    DBT_PAGE,
    LINEAGE,
    drawing,
    grid,
    html_link,
    to_columns,
    to_table,
)
from docs.site.project import Column, Exposure, Project, Table

Draw = Callable[[str], str]
HOW = """\
For each column the columns whose values it shows, resolved by sqlglot from the SQL that dbt
compiles. Columns that only filter, join or group rows are none of them. An exposure reads tables:
which of their columns it shows, dbt does not know.
"""


class LineagePages:
    """Writes the pages about where columns come from."""

    def __init__(self, project: Project, lineage: Lineage, draw: Draw) -> None:
        """Take the project, its lineage and what makes a drawing of DOT."""
        self._lineage, self._draw = lineage, draw
        self._exposures = {f"exposure.{each.name}": each for each in project.exposures}
        self._tables = {each.name: each for each in project.tables.values()}
        self._reads: dict[str, set[str]] = {
            **{table.name: _read_by(table, project) for table in self._tables.values()},
            **{name: set(each.tables) for name, each in self._exposures.items()},
        }

    def pages(self) -> Iterator[tuple[str, str]]:
        """Yield each page: its path in the site, its Markdown."""
        yield f"{LINEAGE}/index.md", self._index()
        for table in self._tables.values():
            yield f"{LINEAGE}/{table.name}.md", self._table(table)
        for name, exposure in self._exposures.items():
            yield f"{LINEAGE}/{name}.md", self._exposure(name, exposure)

    # The index

    def _index(self) -> str:
        parts = ["# Column lineage\n", HOW, self._totals(), "## Exposures\n"]
        parts.append(grid(("exposure", "reads", "for"), self._exposure_rows()))
        for system in sorted({each.system for each in self._tables.values()}):
            chosen = [each for each in self._tables.values() if each.system == system]
            head = ("table", "layer", "columns", *Tracing)
            parts += [f"## {system.capitalize()}\n", grid(head, map(self._table_row, chosen))]
        return "\n".join(parts)

    def _totals(self) -> str:
        untraced = self._lineage.untraced()
        return f"{self._lineage.summary()}{': ' + to_columns(untraced) if untraced else ''}.\n"

    def _exposure_rows(self) -> Iterator[tuple[str, str, str]]:
        for name, each in self._exposures.items():
            reads = ", ".join(map(to_table, each.tables))
            yield f"[{each.label}]({name}.md)", reads, each.owner

    def _table_row(self, table: Table) -> tuple[str, ...]:
        counted = self._lineage.counted([table.name])
        numbers = [str(counted[each]) if table.sql else "" for each in Tracing]
        return to_table(table.name), table.layer, str(len(table.columns)), *numbers

    # Tables

    def _table(self, table: Table) -> str:
        dbt = f"[In dbt's docs](../{DBT_PAGE}#!/{_dbt_kind(table)}/{table.unique_id})"
        inlined = ", an ephemeral model: part of what reads it" if table.is_ephemeral else ""
        parts = [
            f"# {table.name}\n",
            f"{table.description}\n",
            f"Layer {table.layer}{inlined}. {dbt}.\n",
            "## Tables and exposures\n",
            self._neighbours(table),
        ]
        if table.sql:
            parts += ["## Columns drawn\n", self._columns_drawn(table)]
        head = ("column", "type", "made of", "from raw or seeds", "read by")
        rows = (self._column_row(table, each) for each in table.columns)
        return "\n".join([*parts, "## Columns\n", grid(head, rows)])

    def _column_row(self, table: Table, column: Column) -> tuple[str, ...]:
        name = ColumnName(table.name, column.name)
        origin = self._lineage.origin(name)
        made_of, sources = "", ""
        if origin:
            made_of = to_columns(origin.columns)
            sources = to_columns(self._lineage.sources(name))
            if origin.tracing is not Tracing.TRACED:
                made_of = f"*{origin.tracing}* {made_of}"
        readers = to_columns(self._lineage.readers(name))
        head = f'<a id="{column.name}"></a>`{column.name}`<br>{column.description}'
        return head, f"`{column.data_type}`", made_of, sources, readers

    def _neighbours(self, table: Table) -> str:
        names = tables_around(table, self._reads)
        boxes = [self._box(name, is_framed=name == table.name) for name in sorted(names)]
        edges = [Edge(start, end) for end in names for start in self._reads[end] if start in names]
        return drawing(self._draw(to_dot(boxes, edges)), f"Tables around {table.name}")

    def _box(self, name: str, rows: tuple[Row, ...] = (), *, is_framed: bool = False) -> Box:
        known = self._tables.get(name)
        return Box(name, known.layer if known else "exposure", html_link(name), rows, is_framed)

    def _columns_drawn(self, table: Table) -> str:
        origins = self._lineage.origins[table.name]
        edges = [
            Edge(each.table, table.name, each.column, column)
            for column, origin in origins.items()
            for each in origin.columns
        ]
        used: dict[str, set[str]] = {}
        for edge in edges:
            used.setdefault(edge.start, set()).add(edge.start_column)
        boxes = [self._box(name, self._rows(name, columns)) for name, columns in used.items()]
        boxes.append(self._box(table.name, self._rows(table.name, origins), is_framed=True))
        return drawing(self._draw(to_dot(boxes, edges, 2.0)), f"Columns of {table.name}")

    def _rows(self, table: str, columns: Mapping[str, object] | set[str]) -> tuple[Row, ...]:
        known = self._tables[table].columns
        return tuple(Row(each.name, each.data_type) for each in known if each.name in columns)

    # Exposures

    def _exposure(self, name: str, exposure: Exposure) -> str:
        names = {name}.union(*(self._made_of(each) for each in exposure.tables))
        boxes = [self._box(each, is_framed=each == name) for each in sorted(names)]
        edges = [Edge(start, end) for end in names for start in self._reads[end]]
        parts = [
            f"# {exposure.label}\n",
            f"{exposure.description}\n",
            f"Exposure `{exposure.name}`: {exposure.kind}. Owner: {exposure.owner}.\n",
            "## Tables\n",
            drawing(self._draw(to_dot(boxes, edges)), f"Tables of {exposure.label}"),
        ]
        for table in exposure.tables:
            rows = (self._source_row(table, each.name) for each in self._tables[table].columns)
            parts += [f"## {table}\n", grid(("column", "from raw or seeds"), rows)]
        return "\n".join(parts)

    def _source_row(self, table: str, column: str) -> tuple[str, str]:
        name = ColumnName(table, column)
        return f"[`{column}`]({table}.md#{column})", to_columns(self._lineage.sources(name))

    def _made_of(self, table: str) -> set[str]:
        found, waiting = {table}, [table]
        while waiting:
            new = self._reads[waiting.pop()] - found
            found |= new
            waiting += new
        return found


def _read_by(table: Table, project: Project) -> set[str]:
    return {project.tables[each].name for each in table.reads if each in project.tables}


def _dbt_kind(table: Table) -> str:
    return table.unique_id.partition(".")[0]
