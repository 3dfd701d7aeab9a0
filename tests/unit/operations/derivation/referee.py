"""A referee: random tables -> a table refreshed by what was derived, and its recomputation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from operations.derivation import Derivation, Upstream, derive
from operations.derivation.contract import Script

Row = tuple[int | None, ...]
Rows = list[Row]
Tables = Mapping[str, Rows]

COLUMNS = {"a": ("k", "g", "x"), "b": ("k", "g", "y"), "c": ("k", "z")}
UNCHANGED: Tables = {name: [] for name in COLUMNS}


def surplus(rows: Rows, other: Rows) -> Rows:
    """Return the rows that occur more often in one bag than in the other."""
    return list((Counter(rows) - Counter(other)).elements())


@dataclass
class Referee:
    """One query, refreshed after each round of changes and compared with itself from scratch."""

    sql: str
    key: tuple[str, ...]
    con: duckdb.DuckDBPyConnection
    tables: dict[str, Rows] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    target: list[tuple[object, ...]] = field(default_factory=list)

    def start(self, tables: Tables) -> None:
        """Fill the tables and build the query for the first time."""
        for name, rows in tables.items():
            self.fill(name, rows)
        self.tables = dict(tables)
        found = self.con.execute(self.sql)
        self.columns = tuple(each[0] for each in found.description)
        self.target = found.fetchall()
        full = self.con.execute(f"from ({self.derived(set()).full})").fetchall()
        assert Counter(full) == Counter(self.target), f"regenerated otherwise: {self.sql}"

    def change(self, tables: Tables) -> Derivation:
        """Change the tables, refresh the target by what is derived, and compare it."""
        derivation = self.derived(self._moved(tables))
        self._make_views(derivation.affected_script)
        query = derivation.affected_script.query
        self.con.execute(f"create or replace temp table affected as {query}")
        affected = set(self.con.execute("from affected").fetchall())
        self._make_views(derivation.restricted_script)
        new = self.con.execute(f"from ({derivation.restricted_script.query})").fetchall()
        places = [self.columns.index(each) for each in derivation.key]
        kept = [row for row in self.target if tuple(row[each] for each in places) not in affected]
        self.target = self.con.execute(self.sql).fetchall()
        assert Counter(kept + new) == Counter(self.target), self._explained(derivation)
        return derivation

    def assert_one_statement_says_the_same(self, derivation: Derivation) -> None:
        """Compare what the scripts of the last change found with the queries in one piece."""
        for name, whole, script in (
            ("affected keys", derivation.affected, derivation.affected_script),
            ("new rows", derivation.restricted, derivation.restricted_script),
        ):
            one, parts = (
                Counter(self.con.execute(f"from ({each})").fetchall())
                for each in (whole, script.query)
            )
            assert one == parts, f"{name}: {self._explained(derivation)}"

    def _make_views(self, script: Script) -> None:
        for view in script.views:
            self.con.execute(f"create or replace temp view {view.name} as {view.sql}")

    def _moved(self, tables: Tables) -> set[str]:
        """Put new rows into the tables; return the names of those that changed."""
        moved = set()
        for name, rows in tables.items():
            old = self.tables[name]
            if Counter(rows) == Counter(old):
                continue
            moved.add(name)
            for suffix, content in (
                ("_old", old),
                ("", rows),
                ("_ins", surplus(rows, old)),
                ("_del", surplus(old, rows)),
            ):
                self.fill(name + suffix, content)
            self.tables[name] = rows
        return moved

    def fill(self, name: str, rows: Rows) -> None:
        """Let a name stand for rows."""
        columns = COLUMNS[name.partition("_")[0]]
        values = ", ".join(
            "(" + ", ".join("null::integer" if each is None else str(each) for each in row) + ")"
            for row in [*rows, (None,) * len(columns)]
        )
        body = f"from (values {values}) as v({', '.join(columns)}) limit {len(rows)}"
        self.con.execute(f"create or replace view {name} as {body}")

    def derived(self, moved: set[str]) -> Derivation:
        """Return what is derived for changes of some tables."""
        return derive(self.sql, self.key or self.columns, upstreams(moved), "affected", "duckdb")

    def _explained(self, derivation: Derivation) -> str:
        return f"{self.sql}\nkey {derivation.key}\n{derivation.affected}\n\n{derivation.restricted}"


def upstreams(moved: Sequence[str] | set[str]) -> dict[str, Upstream]:
    """Return the upstreams of a referee's query, some of them changed."""
    return {
        name: Upstream(columns, name, f"{name}_old", f"{name}_ins", f"{name}_del")
        if name in moved
        else Upstream(columns, name)
        for name, columns in COLUMNS.items()
    }
