"""A lake that dbt builds the models of one source in: builds -> Rows of what is there."""

import json
from collections.abc import Sequence
from pathlib import Path

from lake.lake import Lake as Storage
from lake.settings import Settings
from operations.dbt.outcome import Outcome
from operations.publication.areas import UNTESTED_VARIABLE
from operations.runtime.environment import dbt_environment
from tests.recomputation.compare import Rows, assert_same_rows
from tests.recomputation.engines import assert_engines_agree
from tests.recomputation.readers import digest, read_table
from tests.warm_dbt import WarmDbt

PROJECT = Path(__file__).parents[2]
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
WITHOUT_TESTS = (*WITHOUT_UNIT_TESTS, "test")


class BuiltLake:
    """The lake in `home`, and the warm dbt that builds the models of one source in it.

    `builds` counts the builds that went well.
    """

    def __init__(self, home: Path, dbt: WarmDbt, source: str) -> None:
        """Name the lake; nothing is made before it is built."""
        self.settings = Settings(home=home, project_dir=PROJECT)
        self.source = source
        self._dbt = dbt
        self.builds = 0

    def build(
        self, select: str | None = None, *, full_refresh: bool = False, tests: bool = False
    ) -> Outcome:
        """Run `dbt build`, without unit tests, and without data tests unless asked for them.

        By default for all that is made of the source, and the seeds that it takes: those the first
        time and when all is built anew, since they stay as they are.
        Raises DbtFailedError when a node fails.
        """
        arguments = [
            "build",
            "--select",
            select or f"@source:{self.source}",
            *(["--full-refresh"] if full_refresh else []),
            *(WITHOUT_UNIT_TESTS if tests else WITHOUT_TESTS),
            *(["seed"] if self.builds and not full_refresh else []),
        ]
        outcome = self._run(arguments)
        self.builds += 1
        return outcome

    def run_unit_tests(self) -> Outcome:
        """Run the unit tests of all that is made of the source. Raises DbtFailedError."""
        return self._run(["test", "--select", f"source:{self.source}+,test_type:unit"])

    def _run(self, arguments: list[str]) -> Outcome:
        environment = dbt_environment(self.settings) | {UNTESTED_VARIABLE: "yes"}
        return self._dbt.run(arguments, environment)

    def assert_engines_agree(self) -> None:
        """Every gold table of the source has the same rows for Spark and for DuckDB."""
        tables = [name for name in self.models() if name.startswith("gold.")]
        assert_engines_agree(self._dbt.sql, map(self._storage.catalog.load_table, tables))

    def gold(self, name: str) -> Rows:
        """Return a table of gold, read past Spark."""
        return self.table(f"gold.{name}")

    def silver(self, name: str) -> Rows:
        """Return a table of silver, read past Spark."""
        return self.table(f"silver.{name}")

    def table(self, identifier: str) -> Rows:
        """Return the newest snapshot of a table, such as `silver.shop__orders`."""
        return read_table(self._storage.catalog, identifier)

    def models(self) -> dict[str, tuple[str, ...]]:
        """Return the tables of the source's models in silver and gold, and their unique keys."""
        manifest = json.loads((self.settings.home / "target" / "manifest.json").read_bytes())
        models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
        return {
            f"{model['schema']}.{model['alias']}": _as_tuple(model["config"]["unique_key"])
            for model in models
            if model["schema"] in ("silver", "gold")
            and self.source in model["fqn"]
            and model["config"]["materialized"] != "ephemeral"
        }

    def digests(self) -> dict[str, str]:
        """Return the source's models of silver and gold with a hash of their rows."""
        return {identifier: digest(self.table(identifier)) for identifier in self.models()}

    def snapshots(self) -> dict[str, int | None]:
        """Return the source's models of silver and gold with the id of their newest snapshot."""
        stored = {name: self._storage.stored(_identifier(name)) for name in self.models()}
        return {name: table.snapshot_id if table else None for name, table in stored.items()}

    def assert_rebuild_gives_the_same(self) -> None:
        """Build all tables of the source anew, and check that each has the rows that it had."""
        models, snapshots = self.models(), self.snapshots()
        incremental = {name: self.table(name) for name in models}
        self.build(full_refresh=True)
        rebuilt = self.snapshots()
        assert all(rebuilt[name] != snapshots[name] for name in models)
        for name, key in models.items():
            assert_same_rows(self.table(name), incremental[name], key, name)

    @property
    def _storage(self) -> Storage:
        return Storage(self.settings)


def _identifier(name: str) -> tuple[str, str]:
    namespace, table = name.split(".")
    return namespace, table


def _as_tuple(key: str | Sequence[str]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else tuple(key)
