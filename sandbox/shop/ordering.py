"""New orders: expected demand of the day -> orders with items, discounts, tax and payment."""

from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from sandbox.seeded_random import count_around, happens, seeded_rng, untidy
from sandbox.shop.demand import expected_orders, newcomer_rate
from sandbox.shop.entities import Cents, Customer, Order, OrderItem, Payment, Product
from sandbox.shop.fulfilment import schedule_order
from sandbox.shop.habits import customer_habits, order_plan, product_habits
from sandbox.shop.people import register
from sandbox.shop.state import ShopState
from sandbox.shop.vocabulary import countries, country_code

_HOURS = (2, 1, 1, 1, 1, 2, 4, 7, 9, 11, 12, 12, 11, 10, 10, 10, 11, 13, 16, 19, 20, 17, 10, 5)
_FREE_SHIPPING_FROM = 6_000
_SHIPPING_HOME = 490
_SHIPPING_ABROAD = 790


def place_orders(state: ShopState, rng: Random) -> None:
    """Place today's orders: by newcomers, and by customers who come back."""
    regulars = _Regulars(state)
    shelf = _Shelf(state)
    count = count_around(rng, expected_orders(state.orders_wanted, state.today))
    for at in sorted(_moment(state, rng) for _ in range(count)):
        if happens(rng, newcomer_rate(state.today)) or not regulars.ids:
            customer = register(state, rng, at - timedelta(seconds=rng.randint(60, 1200)))
        else:
            customer = state.customers[regulars.choose(rng)]
        _place_order(state, customer, shelf, at)


class _Regulars:
    """The customers who may come back today, drawn by how eager they are."""

    def __init__(self, state: ShopState) -> None:
        self.ids: list[int] = []
        weights: list[float] = []
        morning = state.morning
        for customer_id in sorted(state.last_order_at):
            habits = customer_habits(state.seed, customer_id)
            pause = morning - state.last_order_at[customer_id]
            if habits.weight > 0 and pause <= habits.patience:
                self.ids.append(customer_id)
                weights.append(habits.weight)
        self._weights = list(accumulate(weights))

    def choose(self, rng: Random) -> int:
        return rng.choices(self.ids, cum_weights=self._weights)[0]


class _Shelf:
    """The products that can be ordered today, drawn by how well they sell."""

    def __init__(self, state: ShopState) -> None:
        self._products = [product for product in state.products.values() if product.is_active]
        weights = (product_habits(state.seed, row.product_id).weight for row in self._products)
        self._weights = list(accumulate(weights))

    def choose(self, rng: Random, count: int) -> list[Product]:
        chosen = rng.choices(self._products, cum_weights=self._weights, k=count)
        return list({product.product_id: product for product in chosen}.values())


def _place_order(state: ShopState, customer: Customer, shelf: _Shelf, at: datetime) -> None:
    order = Order(
        order_id=state.next_id(Order),
        customer_id=customer.customer_id,
        status="placed",
        currency="EUR",
        discount_amount=Cents(0),
        shipping_amount=Cents(0),
        tax_amount=Cents(0),
        placed_at=at,
        created_at=at,
        updated_at=at,
    )
    rng = seeded_rng(state.seed, "basket", order.order_id)
    state.add(order)
    state.last_order_at[customer.customer_id] = at
    count = rng.choices((1, 2, 3, 4, 5, 6), (36, 28, 18, 10, 5, 3))[0]
    for product in shelf.choose(rng, count):
        state.add(_pick_item(state, rng, order, product))
    code = country_code(customer.country)
    net = sum(item.net_amount for item in state.items_of[order.order_id])
    order.discount_amount = _voucher(rng, net)
    goods = net - order.discount_amount
    if goods < _FREE_SHIPPING_FROM:
        order.shipping_amount = Cents(_SHIPPING_HOME if code == "DE" else _SHIPPING_ABROAD)
    taxable = goods + order.shipping_amount
    order.tax_amount = Cents((taxable * countries()[code].vat_percent + 50) // 100)
    _open_payment(state, rng, order, Cents(taxable + order.tax_amount))
    schedule_order(state, order)


def _pick_item(state: ShopState, rng: Random, order: Order, product: Product) -> OrderItem:
    quantity = rng.choices((1, 2, 3, 4), (70, 20, 6, 4))[0]
    percent = rng.choice((5, 10, 15, 20)) if happens(rng, 0.08) else 0
    return OrderItem(
        order_item_id=state.next_id(OrderItem),
        order_id=order.order_id,
        product_id=product.product_id,
        quantity=quantity,
        unit_price=product.list_price,
        discount_amount=Cents(quantity * product.list_price * percent // 100),
        created_at=order.placed_at,
        updated_at=order.placed_at,
    )


def _voucher(rng: Random, net: int) -> Cents:
    """Return the discount on an order, at most half of it; many do not divide evenly."""
    if not happens(rng, 0.16):
        return Cents(0)
    return Cents(min(rng.choice((500, 777, 1_000, 1_333, net // 10, net * 7 // 100)), net // 2))


def _open_payment(state: ShopState, rng: Random, order: Order, amount: Cents) -> None:
    """Add what the payment provider knows at once: a pending payment, after a failed one."""
    plan = order_plan(state.seed, order.order_id)
    method, at = untidy(rng, plan.method), order.placed_at
    number = state.next_id(Payment)
    state.add(Payment(number, order.order_id, method, amount, "pending", at, at))
    if plan.has_failed_attempt:
        later = at + timedelta(seconds=20)
        state.change(state.payments_of[order.order_id][0], later, status="failed")
        number = state.next_id(Payment)
        state.add(Payment(number, order.order_id, method, amount, "pending", later, later))


def _moment(state: ShopState, rng: Random) -> datetime:
    hour = rng.choices(range(24), _HOURS)[0]
    return state.morning + timedelta(hours=hour, seconds=rng.randint(0, 3599))
