"""A referee: random tables -> a table refreshed by what was derived, beside its full recomputation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from operations.derivation import Derivation, Upstream, derive

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

    def start(self, tables: Tables) -> None:
        """Fill the tables and build the query for the first time."""
        self.con.execute("set threads = 1")
        for name in COLUMNS:
            for suffix in ("", "_old", "_ins", "_del"):
                self._fill(name, suffix, tables[name] if not suffix else [])
        self.con.execute(f"create or replace table target as {self.sql}")
        self.columns = tuple(each[0] for each in self.con.execute("from target").description)
        self.tables = dict(tables)

    def change(self, tables: Tables) -> Derivation:
        """Change the tables, refresh the target by what is derived, and compare it."""
        derivation = self.derived(self._moved(tables))
        names = ", ".join(self.columns)
        same = " and ".join(f"a.{each} is not distinct from t.{each}" for each in derivation.key)
        self.con.execute(f"create or replace table affected as {derivation.affected}")
        new = self.con.execute(f"select {names} from ({derivation.restricted}) as r").fetchall()
        keep = f"from target as t where not exists (from affected as a where {same})"
        kept = self.con.execute(f"select {names} {keep}").fetchall()
        expected = self.con.execute(self.sql).fetchall()
        full = self.con.execute(f"select {names} from ({derivation.full}) as f").fetchall()
        assert Counter(full) == Counter(expected), "regenerated otherwise than written"
        assert Counter(kept + new) == Counter(expected), self._explained(derivation)
        self.con.execute(f"create or replace table target as {self.sql}")
        return derivation

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
                self._fill(name, suffix, content)
            self.tables[name] = rows
        return moved

    def _fill(self, name: str, suffix: str, rows: Rows) -> None:
        columns = COLUMNS[name]
        shown = ", ".join(f"{each} integer" for each in columns)
        self.con.execute(f"create or replace table {name}{suffix} ({shown})")
        if rows:
            values = ", ".join(
                "(" + ", ".join("null" if each is None else str(each) for each in row) + ")"
                for row in rows
            )
            self.con.execute(f"insert into {name}{suffix} values {values}")

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
