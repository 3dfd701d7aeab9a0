"""A whole lake for tests: sandbox shop -> landed raw tables -> dbt -> Rows of silver and gold."""

import json
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

import psycopg

from ingestion.lake import Lake as Storage
from ingestion.results import IngestOptions
from ingestion.run import ingest
from ingestion.settings import Settings
from operations.dbt import dbt_environment
from sandbox import shop
from sandbox.postgres import EmbeddedPostgres
from tests.recomputation.compare import Rows, assert_same_rows
from tests.recomputation.readers import MART_KEYS, digest, read_table, recompute
from tests.warm_dbt import DbtOutcome, WarmDbt

PROJECT = Path(__file__).parents[2]
WITHOUT_TESTS = ("--exclude-resource-type", "test", "unit_test")


class Lake:
    """A shop, the lake in `home` that it lands in, and the warm dbt that builds it.

    `builds` counts the builds that went well.
    """

    def __init__(self, home: Path, dbt: WarmDbt) -> None:
        """Name the lake; nothing is made before `fill`."""
        self.settings = Settings(home=home, project_dir=PROJECT)
        self._dbt = dbt
        self._server = EmbeddedPostgres(home / "postgres")
        self.builds = 0

    def fill(self, orders: int) -> None:
        """Make a shop of about so many orders. Nothing is landed yet."""
        self._server.start()
        urls = shop.create(self._server)
        self.url = urls.owner
        shop.fill(urls.owner, orders=orders)
        env_file = self.settings.env_file
        env_file.touch(mode=0o600)
        env_file.write_text(
            f"SHOP_DATABASE_URL={urls.reader}\nFIRN_TOKEN_KEY={secrets.token_hex(32)}\n",
            encoding="utf-8",
        )

    def close(self) -> None:
        """Stop and remove the shop's server; the lake's files stay."""
        self._server.destroy()

    # what happens to the shop

    def advance(self, days: int) -> None:
        """Let so many days pass in the shop."""
        shop.advance(self.url, days=days)

    def change(self, *statements: str) -> int:
        """Run SQL on the shop as its owner in one transaction; return how many rows it touched."""
        with psycopg.connect(self.url) as connection:
            return sum(connection.execute(line.encode()).rowcount for line in statements)

    # what Firn does

    def land(self, *, deletes: bool = True) -> None:
        """Land what is new in the shop, and by default what is gone."""
        ingest(["shop"], IngestOptions(deletes=deletes), self.settings)

    def build(
        self, select: str | None = None, *, full_refresh: bool = False, tests: bool = False
    ) -> DbtOutcome:
        """Run `dbt build`, without data and unit tests unless asked for them.

        Raises DbtFailedError when a node fails.
        """
        arguments = [
            "build",
            *(["--select", select] if select else []),
            *(["--full-refresh"] if full_refresh else []),
            *([] if tests else WITHOUT_TESTS),
        ]
        outcome = self._dbt.run(arguments, dbt_environment(self.settings))
        self.builds += 1
        return outcome

    # what is there then

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
        """Return every model of silver and gold, such as `gold.sales_daily`, and its unique key."""
        manifest = json.loads((self.settings.home / "target" / "manifest.json").read_bytes())
        models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
        return {
            f"{model['schema']}.{model['alias']}": _as_tuple(model["config"]["unique_key"])
            for model in models
            if model["schema"] in ("silver", "gold")
        }

    def digests(self) -> dict[str, str]:
        """Return every model of silver and gold with a hash of its rows."""
        return {identifier: digest(self.table(identifier)) for identifier in self.models()}

    def snapshots(self) -> dict[str, int | None]:
        """Return every model of silver and gold with the id of its newest snapshot."""
        stored = {name: self._storage.stored(_identifier(name)) for name in self.models()}
        return {name: table.snapshot_id if table else None for name, table in stored.items()}

    # the check

    def recomputed(self, name: str) -> Rows:
        """Return a mart as the shop's database has it now."""
        return recompute(self.url, name)

    def recomputed_digests(self, marts: Iterable[str] = MART_KEYS) -> dict[str, str]:
        """Return marts, each with a hash of its rows as the shop's database has them now."""
        return {name: digest(self.recomputed(name)) for name in marts}

    def assert_marts_are_right(self) -> None:
        """Check every mart against its recomputation, and report all that are wrong at once."""
        wrong = []
        for name, key in MART_KEYS.items():
            try:
                assert_same_rows(self.recomputed(name), self.gold(name), key, f"gold.{name}")
            except AssertionError as difference:
                wrong.append(str(difference))
        if wrong:
            raise AssertionError("\n\n".join(wrong))

    @property
    def _storage(self) -> Storage:
        return Storage(self.settings)


def _identifier(name: str) -> tuple[str, str]:
    namespace, table = name.split(".")
    return namespace, table


def _as_tuple(key: str | Sequence[str]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else tuple(key)
