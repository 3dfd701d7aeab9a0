"""The base fill: seed -> 18 months of the shop's life, simulated in memory, written by COPY."""

from collections import Counter

from lake.errors import ConfigurationError
from sandbox.shop.assortment import open_shop
from sandbox.shop.database import connect, copy_rows, install, is_filled, let_keys_continue
from sandbox.shop.demand import END_OF_FILL, OPENING
from sandbox.shop.entities import TABLES, Entity
from sandbox.shop.simulation import live_one_day
from sandbox.shop.state import ShopState, entities_in


def simulate_history(seed: int, orders: int) -> ShopState:
    """Return the shop on the morning of 2025-07-01, after living from 2024-01-01."""
    counters: Counter[type[Entity]] = Counter()

    def next_id(entity: type[Entity]) -> int:
        counters[entity] += 1
        return counters[entity]

    state = ShopState(seed=seed, orders_wanted=orders, today=OPENING, next_id=next_id)
    open_shop(state)
    while state.today < END_OF_FILL:
        live_one_day(state, with_chores=False)
    return state


def fill(url: str, *, seed: int = 7, orders: int = 20_000) -> dict[str, int]:
    """Create the shop and fill it with 18 months of about `orders` orders; return rows per table.

    `url` is the database owner's. The same seed and number give the same rows; the times in
    created_at and updated_at are simulated too. Everything is one transaction.
    Raises ConfigurationError when the database holds a shop already, or `orders` is below 1.
    """
    if orders < 1:
        raise ConfigurationError(f"cannot fill a shop with {orders} orders", "ask for at least 1")
    if is_filled(url):
        raise ConfigurationError(
            "the database holds a shop already", "remove it first: firn sandbox destroy"
        )
    state = simulate_history(seed, orders)
    rows: dict[str, int] = {}
    with connect(url) as connection:
        install(connection)
        for table in TABLES:
            entities = entities_in(state, table.entity)
            copy_rows(connection, table, entities, table.columns)
            rows[table.name] = len(entities)
        let_keys_continue(connection)
        connection.execute(
            "insert into sandbox.clock (seed, orders, today) values (%s, %s, %s)",
            [seed, orders, state.today],
        )
        connection.execute("analyze")
    return rows
