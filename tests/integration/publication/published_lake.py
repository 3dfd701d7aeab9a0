"""A till whose gold tables belong together: sales, and what they come to."""

from typing import Any

from pyiceberg.table import StaticTable

from lake.lake import Lake
from lake.settings import Settings
from tests.integration.streams.till_lake import Sale, TillLake
from tests.warm_dbt import DbtFailedError, WarmDbt

FACTS, TOTALS, DAYS = ("gold", "facts"), ("gold", "totals"), ("gold", "best_days")
TOO_MUCH = 1000  # what the test of `totals` refuses


class PublishedLake(TillLake):
    """The till's lake, and what readers see of its gold."""

    def __init__(self, settings: Settings, dbt: WarmDbt) -> None:
        """Build in the lake of `settings` by the warm `dbt`."""
        super().__init__(settings, dbt)
        self.settings = settings

    def sell(self, *amounts: int, first: int = 1) -> None:
        """Land sales of these amounts, numbered from the first."""
        days = range(first, first + len(amounts))
        self.land(*(Sale(n, day=n % 28 + 1, amount=a) for n, a in zip(days, amounts, strict=True)))

    def publish(self, *arguments: str, **variables: str) -> None:
        """Run `dbt build`. Raises DbtFailedError when it does not end well."""
        self.dbt("build", *arguments, "--exclude", "tag:flaky", **variables)

    def fail(self, *arguments: str, **variables: str) -> str:
        """Run `dbt build`, which must not end well; return what dbt said."""
        try:
            self.publish(*arguments, **variables)
        except DbtFailedError as error:
            return str(error)
        raise AssertionError("the run ended well")

    def read(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        """Return all rows that a reader sees of gold, looked up in the catalog at once."""
        return {
            name: StaticTable.from_metadata(str(pointer.metadata)).scan().to_arrow().to_pylist()
            for name, pointer in Lake(self.settings).pointers().items()
            if name[0] == "gold"
        }

    def amounts(self) -> list[int]:
        """Return the sales that a reader sees, having looked whether they are whole."""
        seen = self.read()
        amounts = sorted(row["amount"] for row in seen[FACTS])
        totals = [(row["sales_count"], row["amount"]) for row in seen[TOTALS]]
        assert totals == [(len(amounts), sum(amounts))]
        assert sum(row["amount"] for row in seen[DAYS]) == sum(amounts)
        return amounts

    def refs(self, table: tuple[str, str] = FACTS) -> set[str]:
        """Return the names of a table's branches and tags."""
        return set(self.catalog.load_table(table).metadata.refs)
