"""A lake of the checkout for tests: rows in PostgreSQL -> landed -> built -> Rows, checked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from ingestion.api import ingest
from ingestion.results import IngestOptions
from operations.maintenance.policies import Policies, Policy
from operations.maintenance.retention import remove_all_consumed
from sandbox.control.checkout import READER
from tests.recomputation.built_lake import BuiltLake
from tests.recomputation.checkout.from_rows import KEYS, Item, Order, Seen, recompute
from tests.recomputation.compare import assert_same_rows
from tests.warm_dbt import WarmDbt

RAW, TABLES = "raw_checkout", ("orders", "order_items")
_PUT_ORDERS = """
insert into checkout.orders (order_id, customer_id, order_date, total_amount, status)
select * from jsonb_to_recordset(%s) as t (
    order_id bigint, customer_id bigint, order_date timestamptz, total_amount numeric, status text
)
on conflict (order_id) do update
set status = excluded.status, total_amount = excluded.total_amount
"""
_PUT_ITEMS = """
insert into checkout.order_items (order_item_id, order_id, product_id, quantity, unit_price)
select * from jsonb_to_recordset(%s) as t (
    order_item_id bigint, order_id bigint, product_id bigint, quantity int, unit_price numeric
)
"""


@dataclass
class Writes:
    """What is written into the database at once; of two versions of a row only the last."""

    orders: dict[int, dict[str, object]] = field(default_factory=dict)
    items: dict[int, dict[str, object]] = field(default_factory=dict)

    def order(
        self, order_id: int, ordered_at: datetime, total: Decimal, status: str = "pending"
    ) -> None:
        """Insert or change an order."""
        self.orders[order_id] = {
            "order_id": order_id,
            "customer_id": 7,
            "order_date": ordered_at.isoformat(),
            "total_amount": str(total),
            "status": status,
        }

    def item(self, item_id: int, order_id: int, quantity: int, price: Decimal) -> None:
        """Insert an item."""
        self.items[item_id] = {
            "order_item_id": item_id,
            "order_id": order_id,
            "product_id": 100,
            "quantity": quantity,
            "unit_price": str(price),
        }


class CheckoutLake(BuiltLake):
    """The checkout at `url`, and the lake in `home` that it lands in.

    `seen` are the versions that the loads have found.
    """

    def __init__(self, home: Path, dbt: WarmDbt, url: str) -> None:
        """Name the lake; nothing is made before it is built."""
        super().__init__(home, dbt, "checkout")
        self.url = url
        self.seen = Seen()
        self.settings.env_file.touch(mode=0o600)
        self.settings.env_file.write_text(f"{READER}={url}\n", encoding="utf-8")

    def write(self, writes: Writes) -> None:
        """Write rows in one transaction."""
        with psycopg.connect(self.url) as connection:
            connection.execute(_PUT_ORDERS, [Jsonb(list(writes.orders.values()))])
            connection.execute(_PUT_ITEMS, [Jsonb(list(writes.items.values()))])

    def delete(self, orders: Iterable[int], items: Iterable[int]) -> None:
        """Delete rows."""
        with psycopg.connect(self.url) as connection:
            connection.execute(
                "delete from checkout.orders where order_id = any(%s)", [list(orders)]
            )
            connection.execute(
                "delete from checkout.order_items where order_item_id = any(%s)", [list(items)]
            )

    def remove_consumed(self) -> int:
        """Let the rows leave staging that every model has, however young; return how many did."""
        policies = Policies(
            {f"{RAW}.{table}": Policy(remove_consumed_after=timedelta(0)) for table in TABLES}
        )
        tables = [(RAW, table) for table in TABLES]
        return remove_all_consumed(self.settings, self._storage, policies, tables)

    def land(self) -> None:
        """Land what is new and what is gone, and note it."""
        ingest(["checkout"], IngestOptions(deletes=True), settings=self.settings)
        with psycopg.connect(self.url) as connection:
            connection.execute("set timezone = 'UTC'")
            orders = [Order(*row) for row in connection.execute("select * from checkout.orders")]
            items = [Item(*row) for row in connection.execute("select * from checkout.order_items")]
        self.seen.orders = list({*self.seen.orders, *orders})
        self.seen.items = list({*self.seen.items, *items})
        self.seen.gone_orders = _keys(self.seen.orders) - _keys(orders)
        self.seen.gone_items = _keys(self.seen.items) - _keys(items)

    def load(self, writes: Writes, *, tests: bool = False) -> None:
        """Write rows, land and build them, and check every table."""
        self.write(writes)
        self.land()
        self.build(tests=tests)
        self.assert_right()

    def assert_right(self) -> None:
        """Check every table against all that was seen."""
        for name, expected in recompute(self.seen).items():
            actual = self.table(name).in_order(expected.columns)
            assert_same_rows(expected, actual, KEYS[name], name)


def _keys(rows: Iterable[Order] | Iterable[Item]) -> set[int]:
    return {row[0] for row in rows}
