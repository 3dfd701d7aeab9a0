"""Keys and references as tests declare them: dbt's manifest -> the edges of an ERD."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docs.site.project import Project, Table

REFERENCES = frozenset({"relationships", "refers_to"})
_REF = re.compile(r"""\s*(ref|source)\(\s*(.+?)\s*\)\s*""")
Test = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Reference:
    """A column whose values are those of a column elsewhere, and the test that checks it."""

    table: str
    column: str
    to_table: str
    to_column: str
    test: str


@dataclass(frozen=True)
class Relationships:
    """All references, and the columns of each table's keys, by its name."""

    references: tuple[Reference, ...]
    keys: Mapping[str, frozenset[str]]

    def foreign_keys(self, table: str) -> frozenset[str]:
        """Return the columns of a table that refer to another."""
        return frozenset(each.column for each in self.references if each.table == table)


def read_relationships(manifest: Mapping[str, Any], project: Project) -> Relationships:
    """Return what the generic tests of a manifest say; a table's `unique_key` is a key too."""
    keys = {table.name: set(table.unique_key) for table in project.tables.values()}
    for test, table in _tests_of_tables(manifest, project):
        if not keys[table.name]:
            keys[table.name].update(_key(test))
    return Relationships(
        tuple(sorted({*_references(manifest, project)})),
        {name: frozenset(columns) for name, columns in keys.items()},
    )


def _tests_of_tables(manifest: Mapping[str, Any], project: Project) -> Iterator[tuple[Test, Table]]:
    for node in manifest["nodes"].values():
        table = project.tables.get(node.get("attached_node") or "")
        if node["resource_type"] == "test" and node.get("test_metadata") and table:
            yield node, table


def _key(test: Test) -> list[str]:
    """Return the columns that a test says are unique together."""
    arguments = test["test_metadata"]["kwargs"]
    match test["test_metadata"]["name"]:
        case "unique":
            return [arguments["column_name"]]
        case "unique_combination_of_columns":
            return list(arguments["combination_of_columns"])
        case _:
            return []


def _references(manifest: Mapping[str, Any], project: Project) -> Iterator[Reference]:
    for test, table in _tests_of_tables(manifest, project):
        kind, arguments = test["test_metadata"]["name"], test["test_metadata"]["kwargs"]
        to = _table_named(arguments.get("to", ""), test, project)
        if kind in REFERENCES and to:
            column = arguments["column_name"]
            to_column = arguments.get("field") or column
            yield Reference(table.name, column, to.name, to_column, kind)


def _table_named(text: str, test: Test, project: Project) -> Table | None:
    """Return the table that `ref('…')` or `source('…', '…')` means, among those a test reads."""
    match = _REF.fullmatch(text)
    if match is None:
        return None
    names = re.findall(r"['\"]([^'\"]+)['\"]", match[2])
    ends = "." + ".".join(names if match[1] == "source" else names[-1:])
    found = [each for each in test["depends_on"]["nodes"] if each.endswith(ends)]
    return project.tables.get(found[0]) if found else None
