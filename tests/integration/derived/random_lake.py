"""A lake whose silver is random: changes of any kind to its tables, then gold against itself."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

from lake.lake import Lake
from lake.settings import Settings
from lake.snapshots import ancestors, rows_in
from operations.dbt.outcome import Outcome
from operations.preflight.create import create_tables
from operations.publication.areas import UNTESTED_VARIABLE
from operations.refresh.plan import MODE_VARIABLE
from operations.runtime.environment import dbt_environment
from tests.integration.derived.random_rows import RandomRows
from tests.warm_dbt import WarmDbt

ROWS = 12
# What the models of gold look for in columns of text.
TEXTS = {
    "status": ["placed", "cancelled", "captured", "refunded", "partially_refunded", "failed"],
    "kind": ["receipt", "sale", "return", "adjustment"],
    "event_type": ["view_item", "add_to_cart", "purchase"],
    "change_type": ["restock", "count", "use", "waste"],
    "category": ["bread", "cake"],
    "store_id": ["k1", "k2"],
}
LARGEST_KEY = 40
LOSERS = ("telemetry", "clickstream")  # systems whose one table is rolled back, or expires


@dataclass
class Silver:
    """A silver table: its columns, its key, the keys that it has, its snapshots."""

    name: str
    columns: dict[str, str]
    key: str
    numbers: list[int] = field(default_factory=list)


class RandomLake:
    """The project's own models over silver tables that only this class writes."""

    def __init__(self, home: Path, project: Path, dbt: WarmDbt, seed: int) -> None:
        """Name the lake; nothing is made before `create`."""
        self.settings = Settings(project_dir=project, home=home)
        self._dbt = dbt
        self._rng = random.Random(seed)  # noqa: S311
        self._rows = RandomRows(self._rng, TEXTS)

    def create(self) -> None:
        """Make all tables, empty, and fill silver."""
        (self.settings.home / "lake").mkdir(parents=True)
        create_tables(self.settings, [], self._run)
        self.gold = self._models("gold")
        self.silver = [table for table in self._silver() if table.columns]
        for table in self.silver:
            self.fill(table, ROWS)

    def refresh(self, mode: str = "", systems: Sequence[str] = ()) -> Outcome:
        """Run all models that are made of silver, in a mode where they do not say theirs.

        `systems`: those of some systems only.
        """
        environment = dbt_environment(self.settings) | {UNTESTED_VARIABLE: "yes"}
        environment |= {MODE_VARIABLE: mode} if mode else {}
        chosen = [f"gold,tag:{system}" for system in systems] or ["gold", "bakery__inventory"]
        return self._dbt.run(["run", "--select", *chosen], environment)

    def empty(self) -> Iterator[str]:
        """Yield the marts that have no row, or are not there."""
        lake = Lake(self.settings)
        for node in self.gold:
            if rows_in(next(ancestors(lake, ("gold", node["alias"])), {})) == 0:
                yield node["alias"]

    @contextmanager
    def read_meanwhile(self) -> Iterator[list[str]]:
        """Look at every mart again and again; the list names those that were empty or not there."""
        missing: list[str] = []
        is_over = Event()

        def look() -> None:
            while not is_over.wait(0.05):
                missing.extend(self.empty())

        reader = Thread(target=look)
        reader.start()
        try:
            yield missing
        finally:
            is_over.set()
            reader.join()

    # what happens to silver

    def change_rows(self) -> list[str]:
        """Change rows of every table, and move some to other files; return what was done."""
        kinds = [self.insert, self.update, self.delete, self.move_key]
        done = [self._do(self._rng.choice(kinds), table) for table in self.silver]
        return done + [self._do(self.compact, table) for table in self._rng.sample(self.silver, 3)]

    def change_anything(self) -> list[str]:
        """Do any two things to some of the tables; return what was done."""
        kinds = [self.insert, self.update, self.delete, self.compact, self.roll_back, self.expire]
        return [
            self._do(kind, table)
            for table in self._rng.sample(self.silver, k=len(self.silver) // 2)
            for kind in self._rng.sample(kinds, k=2)
        ]

    def undo_and_forget(self) -> None:
        """Roll one table back behind what was read, and forget what was read of another."""
        rolled_back, expired = (self._table(f"silver.{name}__events") for name in LOSERS)
        self.roll_back(rolled_back)
        self.insert(expired)
        self.expire(expired)
        self.insert(rolled_back)

    def _table(self, name: str) -> Silver:
        return next(table for table in self.silver if table.name == name)

    @staticmethod
    def _do(kind: Callable[[Silver], None], table: Silver) -> str:
        kind(table)
        return f"{kind.__name__} {table.name}"

    def fill(self, table: Silver, count: int) -> None:
        """Add rows."""
        numbers = self._rng.sample(self._free(table), k=count)
        rows = [self._rows.row(table.columns, table.key, number) for number in numbers]
        values = ", ".join(f"({', '.join(row.values())})" for row in rows)
        self._sql(f"insert into {table.name} values {values}")
        table.numbers += numbers

    def insert(self, table: Silver) -> None:
        """Add two rows."""
        self.fill(table, 2)

    def update(self, table: Silver) -> None:
        """Give some rows another value in a column or two."""
        others = [name for name in table.columns if name != table.key]
        chosen = self._rng.sample(others, k=2)
        values = ", ".join(f"{n} = {self._rows.value(n, table.columns[n])}" for n in chosen)
        self._sql(f"update {table.name} set {values} where {self._some(table)}")

    def delete(self, table: Silver) -> None:
        """Take a row away, as only somebody's own DELETE does."""
        self._sql(f"delete from {table.name} where {self._some(table, 1)}")

    def move_key(self, table: Silver) -> None:
        """Give a row another key."""
        to = self._rows.row(table.columns, table.key, self._rng.choice(self._free(table)))
        self._sql(
            f"update {table.name} set {table.key} = {to[table.key]} where {self._some(table, 1)}"
        )

    def compact(self, table: Silver) -> None:
        """Write its rows into other files."""
        self._sql(
            f"call lake.system.rewrite_data_files(table => '{table.name}',"
            " options => map('rewrite-all', 'true'))"
        )

    def roll_back(self, table: Silver) -> None:
        """Go back to the snapshot before, if it is still there."""
        newest = self._sql(
            f"select snapshot_id, parent_id from {table.name}.snapshots order by committed_at desc"
        )
        parent = newest[0]["parent_id"] if newest else None
        if parent in {snapshot["snapshot_id"] for snapshot in newest}:
            self._sql(f"call lake.system.rollback_to_snapshot('{table.name}', {parent})")

    def expire(self, table: Silver) -> None:
        """Forget all snapshots but the newest, those that gold has read included."""
        self._sql(
            f"call lake.system.expire_snapshots(table => '{table.name}',"
            " older_than => timestamp '2100-01-01 00:00:00', retain_last => 1)"
        )

    def _free(self, table: Silver) -> list[int]:
        return [number for number in range(1, LARGEST_KEY) if number not in table.numbers]

    def _some(self, table: Silver, count: int = 3) -> str:
        """Return a condition that holds for some of the rows; the table may lack a key by now."""
        numbers = self._rng.sample(table.numbers, k=min(count, len(table.numbers)))
        keys = [
            self._rows.row({table.key: table.columns[table.key]}, table.key, n) for n in numbers
        ]
        return f"{table.key} in ({', '.join(key[table.key] for key in keys)})"

    # what gold is

    def differing(self, systems: Sequence[str] = ()) -> Iterator[str]:
        """Yield the models, of some systems only, whose tables are not what their SQL gives now."""
        for name, sql in self._compiled(systems).items():
            if _in_order(self._sql(sql)) != _in_order(self._sql(f"select * from {name}")):
                yield name

    def refreshes(self) -> list[dict[str, Any]]:
        """Return the rows of ops.refreshes."""
        table = Lake(self.settings).table(("ops", "refreshes"))
        return table.scan().to_arrow().sort_by("started_at").to_pylist() if table else []

    def _compiled(self, systems: Sequence[str]) -> dict[str, str]:
        """Return the SQL of the models as dbt compiled it for the last run."""
        folder = self.settings.home / "target" / "compiled" / "firn"
        texts = {
            node["alias"]: folder / node["original_file_path"]
            for node in self.gold
            if not systems or set(systems) & set(node["tags"])
        }
        return {
            f"gold.{name}": f"(select * from ({file.read_text(encoding='utf-8')}))"
            for name, file in texts.items()
        }

    def _models(self, schema: str) -> list[Mapping[str, Any]]:
        manifest = json.loads((self.settings.home / "target" / "manifest.json").read_bytes())
        return [
            node
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model"
            and node["schema"] == schema
            and node["config"]["materialized"] != "ephemeral"
        ]

    def _silver(self) -> Iterator[Silver]:
        lake = Lake(self.settings)
        for node in self._models("silver"):
            if node["alias"] == "bakery__inventory":  # a model that reads silver itself
                continue
            table = lake.table(("silver", node["alias"]))
            assert table
            columns = {each.name: str(each.field_type) for each in table.schema().fields}
            yield Silver(f"silver.{node['alias']}", columns, node["config"]["unique_key"])

    def _run(self, arguments: list[str]) -> Outcome:
        return self._dbt.run(arguments, dbt_environment(self.settings))

    def _sql(self, statement: str) -> list[dict[str, Any]]:
        return self._dbt.sql(statement)


def _in_order(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows as texts; to compare them in Spark takes longer than to make them."""
    return sorted(map(repr, rows))
