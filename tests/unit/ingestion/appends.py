"""A table of a lake of its own that numbers are landed in, load by load."""

import shutil
from pathlib import Path

import pyarrow as pa
from pyiceberg.table import Table

from ingestion.declarations import ColumnDeclaration, LoadMode, NewColumns, TableDeclaration
from ingestion.raw_tables.landing import Planned, open_landing
from ingestion.raw_tables.load_metadata import LoadMetadata
from ingestion.raw_tables.progress import Progress
from ingestion.raw_tables.schema import RawShape
from lake.lake import Lake
from lake.settings import Settings

ROOT = Path(__file__).parents[3]
TABLE = TableDeclaration(
    source="app",
    name="items",
    load=LoadMode.APPEND,
    key=("id",),
    partition_by=(),
    new_columns=NewColumns.RESCUE,
    columns=(ColumnDeclaration.model_validate({"name": "id", "data_type": "bigint"}),),
)


def new_lake(folder: Path) -> Lake:
    """Return a lake in a folder of its own."""
    (folder / "dbt_project.yml").touch()
    shutil.copytree(ROOT / "profiles", folder / "profiles")
    return Lake(Settings(project_dir=folder, home=folder / "home"))


def plan(lake: Lake) -> tuple[Planned, Progress]:
    """Plan a load from what is stored now."""
    stored = lake.stored(TABLE.identifier)
    before = Progress.of(stored.properties if stored else {})
    load = LoadMetadata.after(before)
    progress = Progress(load_id=load.load_id, ingested_at=load.ingested_at.isoformat())
    return Planned(lake, stored, load, TABLE.constant_columns, replaces=False), progress


def land(planned: Planned, progress: Progress, numbers: list[int]) -> None:
    """Land a row for each number, as planned."""
    landing, _ = open_landing(planned, RawShape.of(TABLE))
    landing.write(pa.table({"id": pa.array(numbers, pa.int64())}))
    landing.finish()
    landing.commit(planned.lake.catalog, progress)


def ids(table: Table) -> list[int]:
    """Return the numbers that have landed, in order."""
    found: list[int] = table.scan().to_arrow().column("id").to_pylist()
    return sorted(found)


def stored_table(lake: Lake) -> Table:
    """Return the table as another process finds it."""
    return Lake(lake._environment).catalog.load_table(TABLE.identifier)
