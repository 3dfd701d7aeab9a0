"""A lake over a table that changes: SQL in the database, edits in the project -> raw to gold."""

import shutil
from pathlib import Path
from typing import Any

from lake.lake import open_catalog
from operations.runtime.environment import dbt_environment
from tests.integration.ingestion.home import ROOT
from tests.integration.ingestion.lakehouse import Lakehouse, table
from tests.warm_dbt import WarmDbt

MODELS = Path(__file__).with_name("project") / "models"
COLUMNS = {
    "item_id": "bigint",
    "label": "string",
    "size": "int",
    "price": "decimal(8,2)",
    "updated_at": "timestamp",
}
CREATE = """
create table items (
    item_id bigint primary key, label text, size int, price numeric(8,2),
    updated_at timestamptz default clock_timestamp()
)
"""


class Evolving:
    """One table `items` from the database to gold, and all that is edited on the way."""

    def __init__(self, lakehouse: Lakehouse, dbt: WarmDbt) -> None:
        """Lay the models out in the project of `lakehouse`."""
        self.lakehouse = lakehouse
        self._dbt = dbt
        (lakehouse.folder / "macros").symlink_to(ROOT / "macros")

    def begin(self, new_columns: str = "rescue") -> None:
        """Start again: one item in the database, in raw, silver and gold."""
        catalog = open_catalog(self.lakehouse.settings)
        for namespace in catalog.list_namespaces():
            for name in catalog.list_tables(namespace):
                catalog.drop_table(name)
        shutil.copytree(  # with the time of now: dbt takes older files for unchanged
            MODELS,
            self.lakehouse.folder / "models",
            copy_function=shutil.copyfile,
            dirs_exist_ok=True,
        )
        self.execute("drop table if exists items")
        self.execute(CREATE)
        self.execute("insert into items values (1, 'a', 10, 1.50)")
        self.declare(new_columns)
        self.lakehouse.ingest()
        self.build()

    def execute(self, statement: str) -> None:
        """Run SQL in the database."""
        self.lakehouse.execute(statement)

    def declare(self, new_columns: str = "rescue", **columns: str) -> None:
        """Declare the table, with further columns or other types."""
        ingestion = {"load": "incremental", "key": ["item_id"], "cursor": "updated_at"}
        declared = table("items", {**COLUMNS, **columns}, **ingestion, new_columns=new_columns)
        self.lakehouse.declare(declared)

    def edit(self, model: str, *replacements: tuple[str, str]) -> None:
        """Replace parts of a file of models."""
        file = self.lakehouse.folder / "models" / model
        text = file.read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")

    def build(self) -> None:
        """Run `dbt run`, as a person would. Raises DbtFailedError."""
        self._dbt.run(("run",), dbt_environment(self.lakehouse.settings))

    def rows(self, name: str, order_by: str) -> list[dict[str, Any]]:
        """Return a table's rows in order."""
        loaded = open_catalog(self.lakehouse.settings).load_table(name)
        rows: list[dict[str, Any]] = loaded.scan().to_arrow().sort_by(order_by).to_pylist()
        return rows

    def snapshots(self) -> dict[str, int]:
        """Return how many snapshots raw, silver and gold have."""
        catalog = open_catalog(self.lakehouse.settings)
        names = ("raw_app.items", "silver.app__items", "gold.labels")
        return {name: len(catalog.load_table(name).metadata.snapshots) for name in names}
