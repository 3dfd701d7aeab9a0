"""What an operator does by hand: products moved or taken off sale, orders and returns deleted."""

from datetime import timedelta
from random import Random

from sandbox.seeded_random import happens
from sandbox.shop.entities import Order, Product, Return
from sandbox.shop.state import ShopState

_DELETABLE = timedelta(days=30)
_RETURN_DELETABLE = timedelta(days=14)


def keep_house(state: ShopState, rng: Random) -> None:
    """Do today's chores: in every week each kind of change happens at least once."""
    number = state.today.toordinal()
    if number % 7 == 1:
        _switch_product(state, rng)
    if number % 7 == 4:
        _move_product(state, rng)
    for _ in range(int(number % 2 == 0) + int(happens(rng, 0.3))):
        _delete_one_order(state, rng)
    if number % 3 == 0:
        _delete_one_return(state, rng)


def _switch_product(state: ShopState, rng: Random) -> None:
    """Take a product off sale; or, when a quarter is off sale already, bring one back."""
    products = sorted(state.products.values(), key=lambda product: product.product_id)
    retired = [product for product in products if not product.is_active]
    active = [product for product in products if product.is_active]
    product = rng.choice(retired if len(retired) * 4 > len(products) else active)
    state.change(product, state.morning, is_active=not product.is_active)


def _move_product(state: ShopState, rng: Random) -> None:
    """Move a product to another category of the same level."""
    product: Product = state.products[rng.choice(sorted(state.products))]
    leaves = sorted(
        category.category_id
        for category in state.categories.values()
        if category.parent_category_id is not None and category.category_id != product.category_id
    )
    state.change(product, state.morning, category_id=rng.choice(leaves))


def _delete_one_order(state: ShopState, rng: Random) -> None:
    candidates = [order for order in state.orders.values() if _is_deletable(state, order)]
    if candidates:
        state.remove_order(rng.choice(sorted(candidates, key=lambda order: order.order_id)))


def _is_deletable(state: ShopState, order: Order) -> bool:
    """Only finished orders of the last weeks, and never a customer's newest one."""
    return (
        order.status in ("delivered", "cancelled")
        and state.morning - order.placed_at <= _DELETABLE
        and order.placed_at < state.last_order_at[order.customer_id]
    )


def _delete_one_return(state: ShopState, rng: Random) -> None:
    candidates: list[Return] = [
        sent_back
        for sent_back in state.returns.values()
        if sent_back.refund_amount > 0
        and state.morning - sent_back.requested_at <= _RETURN_DELETABLE
    ]
    if candidates:
        state.remove_return(rng.choice(sorted(candidates, key=lambda row: row.return_id)))
