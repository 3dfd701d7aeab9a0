"""One day of the shop: state in the morning -> state of the next morning, changes noted."""

from datetime import timedelta

from sandbox.seeded_random import seeded_rng
from sandbox.shop.assortment import tend_assortment
from sandbox.shop.fulfilment import happen
from sandbox.shop.housekeeping import keep_house
from sandbox.shop.ordering import place_orders
from sandbox.shop.people import let_people_be_people
from sandbox.shop.state import ShopState
from sandbox.shop.stock import replenish, take_stock


def live_one_day(state: ShopState, *, with_chores: bool) -> None:
    """Let `today` happen and move on to the next day.

    `with_chores` adds what an operator does by hand, hard deletes among it.
    """
    day = state.today.isoformat()
    if with_chores:
        keep_house(state, seeded_rng(state.seed, day, "chores"))
    tend_assortment(state, seeded_rng(state.seed, day, "assortment"))
    let_people_be_people(state, seeded_rng(state.seed, day, "people"))
    take_stock(state, seeded_rng(state.seed, day, "stocktake"))
    replenish(state, seeded_rng(state.seed, day, "receipts"))
    place_orders(state, seeded_rng(state.seed, day, "orders"))
    for event in state.events_of_today():
        happen(state, event)
    state.today += timedelta(days=1)
