"""A whole lake for tests: sandbox shop -> landed raw tables -> dbt -> Rows of silver and gold."""

import secrets
from collections.abc import Iterable
from pathlib import Path

import psycopg

from ingestion.api import ingest
from ingestion.results import IngestOptions
from sandbox import shop
from sandbox.postgres import EmbeddedPostgres
from tests.recomputation.built_lake import BuiltLake
from tests.recomputation.compare import Rows, assert_same_rows
from tests.recomputation.readers import MART_KEYS, digest, recompute
from tests.warm_dbt import WarmDbt

STOCKED_PRODUCTS = 15


class Lake(BuiltLake):
    """A shop, the lake in `home` that it lands in, and the warm dbt that builds it."""

    def __init__(self, home: Path, dbt: WarmDbt) -> None:
        """Name the lake; nothing is made before `fill`."""
        super().__init__(home, dbt, "shop")
        self._server = EmbeddedPostgres(home / "postgres")

    def fill(self, orders: int) -> None:
        """Make a shop of about so many orders. Nothing is landed yet.

        Only the products that moved most have a stock: gold has a row for each product, warehouse
        and day. The others get their first stock when the shop advances.
        """
        self._server.start()
        urls = shop.create(self._server)
        self.url = urls.owner
        shop.fill(urls.owner, orders=orders)
        self.change(
            f"""
            delete from shop.stock_movements
            where product_id not in (
                select product_id
                from shop.stock_movements
                group by product_id
                order by count(*) desc, product_id
                limit {STOCKED_PRODUCTS}
            )
            """
        )
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
