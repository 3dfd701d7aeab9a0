"""Pages of relationships: keys and references -> an ERD and a list for each system."""

from __future__ import annotations

from collections.abc import Iterator

from docs.site.diagrams import Box, Edge, Row, to_dot
from docs.site.lineage_pages import Draw
from docs.site.markdown import LINEAGE, RELATIONSHIPS, drawing, grid, html_link, to_table
from docs.site.project import Project, Table
from docs.site.relationships import Reference, Relationships

DRAWN_LAYERS = ("silver", "gold")
WHAT = """\
Keys and references as the project declares them: `unique_key`, `unique` and
`unique_combination_of_columns` are keys (PK), `relationships` and `refers_to` are references (FK).
What is not declared is not shown.
"""


class RelationshipPages:
    """Writes the pages about how tables refer to each other."""

    def __init__(self, project: Project, relationships: Relationships, draw: Draw) -> None:
        """Take the project, what its tests declare and what makes a drawing of DOT."""
        self._relationships, self._draw = relationships, draw
        self._systems = drawn_systems(project)
        self._tables = {each.name: each for each in project.tables.values()}

    def pages(self) -> Iterator[tuple[str, str]]:
        """Yield each page: its path in the site, its Markdown."""
        rows = []
        for system in self._systems:
            tables, references = self._of(system)
            rows.append((f"[{system}]({system}.md)", str(len(tables)), str(len(references))))
            yield f"{RELATIONSHIPS}/{system}.md", self._system(system)
        index = grid(("system", "tables", "references"), rows)
        yield f"{RELATIONSHIPS}/index.md", f"# Relationships\n\n{WHAT}\n{index}"

    def _of(self, system: str) -> tuple[list[Table], list[Reference]]:
        tables = [e for e in self._tables.values() if e.system == system and _is_drawn(e)]
        names = {each.name for each in tables}
        return tables, [each for each in self._relationships.references if each.table in names]

    def _system(self, system: str) -> str:
        tables, references = self._of(system)
        parts = [f"# {system.capitalize()}: relationships\n", WHAT]
        for layer in DRAWN_LAYERS:
            chosen = [each.name for each in tables if each.layer == layer]
            if chosen:
                parts += [f"## {layer.capitalize()}\n", self._erd(system, layer, chosen)]
        head = ("column", "refers to", "test")
        parts += ["## References\n", grid(head, map(_reference_row, references))]
        return "\n".join(parts)

    def _erd(self, system: str, layer: str, names: list[str]) -> str:
        """Return the drawing of a layer and of what it refers to in others."""
        references = [each for each in self._relationships.references if each.table in names]
        drawn = sorted({*names, *(each.to_table for each in references)})
        edges = [Edge(e.table, e.to_table, e.column, e.to_column) for e in references]
        dot = to_dot([self._box(self._tables[name]) for name in drawn], edges, 1.5)
        return drawing(self._draw(dot), f"Relationships of {layer} tables of {system}")

    def _box(self, table: Table) -> Box:
        keys = self._relationships.keys[table.name]
        foreign = self._relationships.foreign_keys(table.name)
        rows = [
            Row(each.name, each.data_type, _mark(each.name, keys, foreign))
            for each in table.columns
        ]
        rows.sort(key=lambda row: "PK" not in row.mark)
        return Box(table.name, table.layer, html_link(table.name, f"../{LINEAGE}/"), rows)


def drawn_systems(project: Project) -> list[str]:
    """Return the systems that have tables to draw, by name."""
    return sorted({each.system for each in project.tables.values() if _is_drawn(each)})


def _is_drawn(table: Table) -> bool:
    return table.layer in DRAWN_LAYERS and not table.is_ephemeral


def _mark(column: str, keys: frozenset[str], foreign: frozenset[str]) -> str:
    marks = [mark for mark, columns in (("PK", keys), ("FK", foreign)) if column in columns]
    return " ".join(marks)


def _reference_row(reference: Reference) -> tuple[str, str, str]:
    start = f"{to_table(reference.table, f'../{LINEAGE}/')} `{reference.column}`"
    end = f"{to_table(reference.to_table, f'../{LINEAGE}/')} `{reference.to_column}`"
    return start, end, f"`{reference.test}`"
