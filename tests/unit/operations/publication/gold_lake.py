"""A lake with two gold tables that belong together: rows of facts, and their total."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyiceberg.table import StaticTable, Table

from lake.lake import Lake, open_catalog
from lake.settings import Settings
from operations.publication.areas import Area
from operations.publication.branches import stage
from operations.publication.publish import Result, RunEnd, publish
from operations.publication.run import Run, begin_run, end_run

ROOT = Path(__file__).parents[4]
FACTS, TOTALS = ("gold", "facts"), ("gold", "totals")
SCHEMA = pa.schema([("id", pa.int64()), ("amount", pa.int64())])
GREEN = Area("shop", ("model.firn.facts", "model.firn.totals"), (FACTS, TOTALS))
RED = Area(GREEN.name, GREEN.models, GREEN.tables, ("test x: fail",))


def rows(amounts: dict[int, int]) -> pa.Table:
    """Return rows of either table: an amount by id."""
    return pa.table({"id": list(amounts), "amount": list(amounts.values())}, SCHEMA)


class GoldLake:
    """The lake as a run of dbt has it: what a run writes goes to its branch."""

    def __init__(self, home: Path) -> None:
        """Make the two tables, without rows but with a snapshot: pyiceberg asks for one."""
        self.settings = Settings(project_dir=ROOT, home=home)
        self.catalog = open_catalog(self.settings)
        for identifier in (FACTS, TOTALS):
            self.catalog.create_namespace_if_not_exists(identifier[0])
            self.catalog.create_table(identifier, SCHEMA).append(rows({}))

    @property
    def lake(self) -> Lake:
        """The lake as readers see it, nothing of it known."""
        return Lake(self.settings)

    def table(self, identifier: tuple[str, str]) -> Table:
        """Return a table."""
        return self.catalog.load_table(identifier)

    def begin(self, invocation: str) -> Run:
        """Begin a run of both tables."""
        return begin_run(self.settings, self.lake, invocation, "dev", (FACTS, TOTALS))

    def write(self, run: Run, amounts: dict[int, int]) -> None:
        """Write rows of facts, and their total, to the run's branch."""
        for identifier, made in ((FACTS, amounts), (TOTALS, {0: sum(amounts.values())})):
            stage(self.lake, identifier, run.branch)
            with warnings.catch_warnings(action="ignore"):  # of a table that has no rows to replace
                self.table(identifier).overwrite(rows(made), branch=run.branch)

    def publish(self, run: Run, areas: Sequence[Area] = (GREEN,)) -> Result:
        """End the run."""
        try:
            return publish(self.settings, self.lake, run, RunEnd(areas, {"pass": 2}))
        finally:
            end_run(self.settings, run)

    def run(self, invocation: str, amounts: dict[int, int]) -> Result:
        """Run all of it."""
        run = self.begin(invocation)
        self.write(run, amounts)
        return self.publish(run)

    def refs(self, identifier: tuple[str, str] = FACTS) -> set[str]:
        """Return the names of a table's branches and tags."""
        return set(self.table(identifier).metadata.refs)

    def read(self) -> tuple[dict[int, int], int]:
        """Return what a reader sees of both tables, looked up in the catalog at once."""
        pointers = self.lake.pointers()
        facts, totals = (self._read(str(pointers[name].metadata)) for name in (FACTS, TOTALS))
        return facts, totals.get(0, 0)

    def _read(self, metadata: str) -> dict[int, int]:
        found = StaticTable.from_metadata(metadata).scan().to_arrow().to_pylist()
        return {row["id"]: row["amount"] for row in found}
