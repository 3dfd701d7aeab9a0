"""A lake of cars to be damaged: two raw tables, two silver and two gold models over them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.io.pyarrow import schema_to_pyarrow

from ingestion.raw_tables.schema import RawShape, ensure_raw_table
from ingestion.sources import load_sources
from lake.lake import Lake, open_catalog
from lake.settings import Settings
from operations.dbt.outcome import Outcome
from operations.preflight.create import Creation, create_tables
from operations.preflight.restore import restore_table
from operations.preflight.verify import verify_tables
from tests.lake_files import path_of
from tests.warm_dbt import DbtFailedError, WarmDbt

RAW, OWNERS = "raw_cars.reports", "raw_cars.owners"
SILVER, GOLD, BUSIEST = "silver.cars__reports", "gold.car_days", "gold.busiest_days"
LEDGER = "ops.schema_changes"


class CarsLake:
    """The project of this folder and the lake that it is built in."""

    def __init__(self, settings: Settings, dbt: WarmDbt) -> None:
        """Build in the lake of `settings` by the warm `dbt`."""
        self._settings = settings
        self._dbt = dbt

    @property
    def catalog(self) -> Catalog:
        """The lake's catalog."""
        return open_catalog(self._settings)

    def drop_all(self) -> None:
        """Drop every table, of whatever layer and in whatever state."""
        for namespace in self.catalog.list_namespaces():
            for table in self.catalog.list_tables(namespace):
                self.catalog.drop_table(table)

    def create_raw(self) -> None:
        """Make both raw tables, empty, as they are declared."""
        (cars,) = load_sources(self._settings.project_dir)
        for table in cars.tables:
            ensure_raw_table(self.catalog, RawShape.of(table))

    def report(self, *reports: tuple[int, str, int]) -> None:
        """Land a load of reports: number, car and mileage, each of the day of its number."""
        self._land(
            RAW,
            [
                {
                    "report_id": number,
                    "car": car,
                    "mileage": mileage,
                    "reported_at": datetime(2025, 7, number, 12, tzinfo=UTC),
                }
                for number, car, mileage in reports
            ],
        )

    def own(self, *names: str) -> None:
        """Land a load of owners, numbered from 1."""
        self._land(OWNERS, [{"owner_id": n, "name": name} for n, name in enumerate(names, 1)])

    def _land(self, name: str, rows: Sequence[dict[str, Any]]) -> None:
        table = self.catalog.load_table(name)
        stamp = {
            "_ingested_at": datetime(2025, 8, 1, tzinfo=UTC),
            "_load_id": "a load",
            "_is_deleted": False,
        }
        schema = schema_to_pyarrow(table.schema())
        table.append(pa.Table.from_pylist([row | stamp for row in rows], schema=schema))

    def fill(self) -> None:
        """Land some rows and build everything."""
        self.land()
        self.build()

    def land(self) -> None:
        """Land three reports and an owner."""
        self.create_raw()
        self.report((1, "a", 10), (2, "b", 20), (3, "a", 30))
        self.own("Ada")

    def build(self, *arguments: str) -> Outcome:
        """Run `dbt build`. Raises DbtFailedError when it does not end well."""
        return self.dbt("build", *arguments)

    def refusal(self, *arguments: str) -> str:
        """Run `dbt build`, which must fail; return what it said."""
        try:
            self.build(*arguments)
        except DbtFailedError as error:
            return str(error)
        raise AssertionError("dbt built")

    def dbt(self, *arguments: str) -> Outcome:
        """Run a dbt command. Raises DbtFailedError when it does not end well."""
        environment = {
            **self._settings.environment(),
            "FIRN_HOME": str(self._settings.home),
            "PWD": str(self._settings.project_dir),
            "DBT_PROFILES_DIR": str(self._settings.project_dir / "profiles"),
            "DBT_LOG_PATH": str(self._settings.home / "logs"),
        }
        return self._dbt.run(arguments, environment)

    def sql(self, *statements: str) -> None:
        """Run statements on Spark, as a person would."""
        for statement in statements:
            self.dbt("run-operation", "run_query", "--args", f'{{sql: "{statement}"}}')

    def create(self, *names: str) -> Creation:
        """Do what `firn create` does."""
        return create_tables(self._settings, names, lambda arguments: self.dbt(*arguments))

    def verify(self, *names: str) -> dict[str, list[str]]:
        """Do what `firn verify` does; return each table's fixes."""
        verified = verify_tables(self._settings, names, lambda arguments: self.dbt(*arguments))
        return {one.table.name: [d.fix for d in one.differences] for one in verified}

    def restore(self, name: str) -> None:
        """Do what `firn restore` does."""
        restore_table(self._settings, name)

    def rows(self, name: str, order_by: str) -> list[dict[str, Any]]:
        """Return a table's rows in order."""
        found: list[dict[str, Any]] = (
            self.catalog.load_table(name).scan().to_arrow().sort_by(order_by).to_pylist()
        )
        return found

    def days(self) -> list[tuple[int, int]]:
        """Return gold's days as (day of July, number of reports)."""
        rows = self.rows(GOLD, "reported_date")
        assert all(row["reported_date"].replace(day=1) == date(2025, 7, 1) for row in rows)
        return [(row["reported_date"].day, row["reports_count"]) for row in rows]

    def changes(self) -> list[dict[str, Any]]:
        """Return the rows of ops.schema_changes, none while there is no such table."""
        if not self.catalog.table_exists(LEDGER):
            return []
        return self.rows(LEDGER, "checked_at")

    def snapshots(self, name: str) -> list[int]:
        """Return the ids of a table's snapshots, oldest first."""
        return [entry.snapshot_id for entry in self.catalog.load_table(name).history()]

    def metadata_file(self, name: str) -> Path:
        """Return the newest metadata file of a table."""
        return path_of(self.catalog.load_table(name).metadata_location)

    def manifest_list(self, name: str) -> Path:
        """Return the file that lists the manifests of a table's newest commit."""
        snapshot = self.catalog.load_table(name).current_snapshot()
        assert snapshot is not None
        return path_of(snapshot.manifest_list)

    def forget_location(self, name: str) -> None:
        """Leave a table in the catalog without saying where it is."""
        with closing(sqlite3.connect(Lake(self._settings).backend.label)) as connection:
            connection.execute(
                "update iceberg_tables set metadata_location = null"
                " where table_namespace || '.' || table_name = ?",
                (name,),
            )
            connection.commit()

    def files(self) -> dict[str, int]:
        """Return every file of the warehouse and when it was written."""
        warehouse = self._settings.home / "lake" / "warehouse"
        return {str(f): f.stat().st_mtime_ns for f in warehouse.rglob("*") if f.is_file()}
