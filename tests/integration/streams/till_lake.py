"""A lake small enough to follow by hand: rows of a till -> raw by pyiceberg -> dbt -> rows."""

import itertools
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table import Table
from pyiceberg.table.snapshots import ancestors_of

from ingestion.declarations import select_tables
from ingestion.raw_tables.schema import RawShape, ensure_raw_table
from ingestion.sources import load_sources
from lake.lake import Lake, open_catalog
from lake.settings import Settings
from lake.stream_offsets import stream_offsets
from lake.streams import has_data
from operations.dbt.outcome import Outcome
from operations.runtime.sql_engine import Row
from tests.warm_dbt import WarmDbt

OTHERS_LEFT_OUT = ("--exclude", "tag:unguarded", "tag:returns", "tag:aliased")
PROJECT = Path(__file__).with_name("project")
_LOADS = itertools.count(1)


@dataclass(frozen=True)
class Sale:
    """One version of a sale: its day of July, its amount, and the day of its version."""

    sale_id: int
    day: int
    amount: int
    version: int = 1
    is_deleted: bool = False


class TillLake:
    """A project of models over one raw table, and the lake that they are built in."""

    def __init__(self, settings: Settings, dbt: WarmDbt) -> None:
        """Build in the lake of `settings` by the warm `dbt`."""
        self._settings = settings
        self._dbt = dbt
        self._log_length = 0

    @property
    def catalog(self) -> Catalog:
        """The lake's catalog."""
        return open_catalog(self._settings)

    def drop_all(self) -> None:
        """Drop every table, of whatever layer."""
        for namespace in self.catalog.list_namespaces():
            for table in self.catalog.list_tables(namespace):
                self.catalog.drop_table(table)

    def create_raw(self) -> Table:
        """Make the raw table of sales, empty, as it is declared."""
        (till,) = select_tables(load_sources(self._settings.project_dir), ["till.sales"])
        return ensure_raw_table(self.catalog, RawShape.of(till.tables[0]))

    def land(self, *sales: Sale, replace: bool = False) -> None:
        """Append a load of these rows to raw; `replace` puts them in the place of all others."""
        load = next(_LOADS)
        rows = [
            {
                "sale_id": sale.sale_id,
                "sold_date": date(2025, 7, sale.day),
                "amount": sale.amount,
                "updated_at": datetime(2025, 7, sale.version, tzinfo=UTC),
                "_ingested_at": datetime.fromtimestamp(1_750_000_000 + load, UTC),
                "_load_id": f"load-{load}",
                "_is_deleted": sale.is_deleted,
                "_rescued": None,
            }
            for sale in sales
        ]
        table = self.catalog.load_table("raw_till.sales")
        batch = pa.Table.from_pylist(rows, schema=schema_to_pyarrow(table.schema()))
        table.overwrite(batch) if replace else table.append(batch)

    def build(self, *arguments: str) -> Outcome:
        """Run `dbt run`, by default of what this project's tests look at."""
        return self.dbt("run", *(arguments or OTHERS_LEFT_OUT))

    def dbt(self, *arguments: str, **variables: str) -> Outcome:
        """Run a dbt command. Raises DbtFailedError when it does not end well."""
        environment = {
            **self._settings.environment(),
            **variables,
            "FIRN_HOME": str(self._settings.home),
            "PWD": str(self._settings.project_dir),
            "DBT_PROFILES_DIR": str(self._settings.project_dir / "profiles"),
            "DBT_LOG_PATH": str(self._log.parent),
        }
        self._log_length = self._log.stat().st_size if self._log.exists() else 0
        return self._dbt.run(arguments, environment)

    def reasons(self) -> list[str]:
        """Return what the last dbt command logged of models that read all of an upstream.

        Of one of plain SQL, only where its upstream is the reason.
        """
        with self._log.open("rb") as log:
            log.seek(self._log_length)
            said = log.read().decode()
        return re.findall(r"\S+(?: reads all of| is rebuilt:|: full, \w+\.\w+:) .*", said)

    @property
    def _log(self) -> Path:
        return self._settings.home / "logs" / "dbt.log"

    def sql(self, statement: str) -> list[Row]:
        """Run a statement in Spark, after a first build."""
        return self._dbt.sql(statement)

    def replace(self, table: str, condition: str) -> None:
        """Create or replace a table: the same columns, and of its rows those of a condition."""
        before, fields = self.snapshots(table)[-1], self.catalog.load_table(table).schema().fields
        rows = f"select * from {table} version as of {before} where {condition}"
        self.sql(f"create or replace table {table} using iceberg as {rows}")
        if any(field.required for field in fields):  # Spark leaves that out
            change = self.catalog.load_table(table).update_schema(allow_incompatible_changes=True)
            with change as schema:
                for field in fields:
                    schema.update_column(field.name, required=field.required)

    def expire(self, table: str) -> None:
        """Expire all snapshots but the newest, as one would who does not know of streams."""
        head = self.line(table)[0]
        known = [s.snapshot_id for s in self.catalog.load_table(table).snapshots()]
        if old := ", ".join(str(snapshot) for snapshot in known if snapshot != head):
            call = f"table => '{table}', snapshot_ids => array({old})"
            self.sql(f"call lake.system.expire_snapshots({call})")

    def compact(self, table: str) -> None:
        """Write all files of a table together, in the session that dbt ran in last."""
        options = "map('rewrite-all', 'true')"
        self.sql(f"call lake.system.rewrite_data_files(table => '{table}', options => {options})")

    def has_data(self, model: str) -> bool:
        """Whether metadata says that a run of a model would find rows."""
        namespace, name = model.split(".")
        return has_data(Lake(self._settings), (namespace, name))

    def line(self, table: str) -> list[int]:
        """Return the ids of a table's newest snapshot and of all before it that are there."""
        loaded = self.catalog.load_table(table)
        head = loaded.current_snapshot()
        return [s.snapshot_id for s in ancestors_of(head, loaded.metadata)] if head else []

    def offset(self, model: str, upstream: str) -> str | None:
        """Return the position of a model in an upstream, as its next run will find it."""
        namespace, name = model.split(".")
        found = stream_offsets(Lake(self._settings), (namespace, name))["streams"].get(upstream)
        return f"{found['snapshot']}:{found['sequence']}" if found else None

    def edit(self, model: str, old: str, new: str) -> None:
        """Replace a part of a model's SQL."""
        file = self._settings.project_dir / "models" / model
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def rows(self, name: str, order_by: str) -> list[dict[str, Any]]:
        """Return a table's rows in order."""
        rows: list[dict[str, Any]] = (
            self.catalog.load_table(name).scan().to_arrow().sort_by(order_by).to_pylist()
        )
        return rows

    def daily(self) -> list[tuple[int, int, int]]:
        """Return gold's days as (day of July, amount, number of sales)."""
        return [
            (row["sold_date"].day, row["amount"], row["sales_count"])
            for row in self.rows("gold.daily_sales", "sold_date")
        ]

    def snapshots(self, name: str) -> Sequence[int]:
        """Return the ids of a table's snapshots, oldest first."""
        return [entry.snapshot_id for entry in self.catalog.load_table(name).history()]

    def position(self, model: str, upstream: str) -> str | None:
        """Return the position that the newest snapshot of a model carries for an upstream table."""
        consumed = self.positions(model)[model]["streams"].get(upstream)
        return f"{consumed['snapshot']}:{consumed['sequence']}" if consumed else None

    def positions(self, name: str) -> dict[str, Any]:
        """Return all positions that the newest snapshot of a table carries, by their model."""
        snapshot = self.catalog.load_table(name).current_snapshot()
        assert snapshot is not None
        assert snapshot.summary is not None
        prefix = "firn.positions."
        return {
            key.removeprefix(prefix): json.loads(value)
            for key, value in snapshot.summary.additional_properties.items()
            if key.startswith(prefix)
        }


def lay_out_project(folder: Path, root: Path, project: Path = PROJECT) -> Path:
    """Make a dbt project in `folder` from a copy of a test's models and the macros of `root`."""
    shutil.copytree(project, folder)
    for name, target in {
        "macros": root / "macros",
        "profiles": root / "profiles",
        "dbt_project.yml": root / "dbt_project.yml",
    }.items():
        (folder / name).symlink_to(target)
    return folder
