"""What becomes of an order: placed -> paid -> shipped -> delivered -> returned, or cancelled."""

from datetime import UTC, datetime, time, timedelta

from sandbox.seeded_random import seeded_rng, untidy
from sandbox.shop.entities import Cents, Order, OrderItem, Payment, Return, Shipment
from sandbox.shop.habits import order_plan, return_plan
from sandbox.shop.state import Event, ShopState
from sandbox.shop.stock import book_sale, choose_warehouse
from sandbox.shop.vocabulary import catalogue, countries, country_code

_OPENS, _CLOSES = time(7), time(18)
_SUNDAY = 6
_DELIVERED_UNTIL = timedelta(hours=20)


def schedule_order(state: ShopState, order: Order) -> None:
    """Plan what happens to an order next, by its plan and its current status."""
    plan = order_plan(state.seed, order.order_id)
    paid_at = order.placed_at + plan.pays_after
    cancelled_at = order.placed_at + plan.cancels_after if plan.cancels_after else None
    if order.status == "placed" and (cancelled_at is None or paid_at < cancelled_at):
        state.plan(paid_at, "pay", order.order_id)
    elif order.status in ("placed", "paid") and cancelled_at is not None:
        state.plan(cancelled_at, "cancel", order.order_id)
    elif order.status == "paid":
        state.plan(_working_time(paid_at + plan.packs_after), "ship", order.order_id)
    elif order.status == "shipped" and plan.delivery != "lost":
        if order.order_id in state.shipment_of:
            delivered_at = _delivery_time(state, state.shipment_of[order.order_id])
            state.plan(delivered_at, "deliver", order.order_id)
    elif order.status == "delivered":
        for item in state.items_of[order.order_id]:
            schedule_item(state, order, item)


def schedule_item(state: ShopState, order: Order, item: OrderItem) -> None:
    """Plan an item's return, if it will be sent back and that moment is not past already."""
    plan = return_plan(state.seed, item.order_item_id)
    delivered_at = state.shipment_of[order.order_id].delivered_at
    if plan is None or delivered_at is None:
        return
    sent_back = state.return_of.get(item.order_item_id)
    if sent_back is None and delivered_at + plan.requests_after >= state.morning:
        state.plan(delivered_at + plan.requests_after, "request", item.order_item_id)
    elif sent_back is not None and sent_back.refund_amount == 0:
        inspected_at = sent_back.requested_at + plan.inspects_after
        state.plan(inspected_at, "inspect", item.order_item_id)


def happen(state: ShopState, event: Event) -> None:
    """Let one planned event happen; what was deleted meanwhile is passed over."""
    if event.kind in ("request", "inspect"):
        item = state.items.get(event.entity_id)
        if item is not None:
            (_request if event.kind == "request" else _inspect)(state, item, event.at)
        return
    order = state.orders.get(event.entity_id)
    if order is not None:
        steps = {"pay": _pay, "cancel": _cancel, "ship": _ship, "deliver": _deliver}
        steps[event.kind](state, order, event.at)
        schedule_order(state, order)


def _current_payment(state: ShopState, order: Order) -> Payment | None:
    attempts = [row for row in state.payments_of[order.order_id] if row.status != "failed"]
    return attempts[-1] if attempts else None


def _pay(state: ShopState, order: Order, at: datetime) -> None:
    state.change(order, at, status="paid")
    payment = _current_payment(state, order)
    if payment is not None:
        state.change(payment, at, status="captured")


def _cancel(state: ShopState, order: Order, at: datetime) -> None:
    state.change(order, at, status="cancelled")
    payment = _current_payment(state, order)
    if payment is not None:
        state.change(payment, at, status="failed" if payment.status == "pending" else "refunded")


def _ship(state: ShopState, order: Order, at: datetime) -> None:
    rng = seeded_rng(state.seed, "parcel", order.order_id)
    code = country_code(state.customers[order.customer_id].country)
    country, items = countries()[code], state.items_of[order.order_id]
    warehouse_id = choose_warehouse(state, code, items)
    units = sum(item.quantity for item in items)
    promised_at = _midnight(at) + timedelta(days=country.promised_days) + _DELIVERED_UNTIL
    state.change(order, at, status="shipped")
    state.add(
        Shipment(
            shipment_id=state.next_id(Shipment),
            order_id=order.order_id,
            warehouse_id=warehouse_id,
            carrier=untidy(rng, rng.choice(country.carriers), 0.06),
            shipping_cost=Cents(rng.randint(310, 420) + 35 * units + (code != "DE") * 240),
            shipped_at=at,
            promised_at=promised_at,
            delivered_at=None,
            created_at=at,
            updated_at=at,
        )
    )
    book_sale(state, warehouse_id, items, at)


def _deliver(state: ShopState, order: Order, at: datetime) -> None:
    state.change(order, at, status="delivered")
    state.change(state.shipment_of[order.order_id], at, delivered_at=at)


def _request(state: ShopState, item: OrderItem, at: datetime) -> None:
    rng = seeded_rng(state.seed, "return", item.order_item_id)
    plan = return_plan(state.seed, item.order_item_id)
    is_partial = plan is not None and plan.is_partial and item.quantity > 1
    quantity = rng.randint(1, item.quantity - 1) if is_partial else item.quantity
    reason = rng.choice(catalogue().return_reasons)
    number = state.next_id(Return)
    state.add(Return(number, item.order_item_id, quantity, Cents(0), reason, at, at, at))
    schedule_item(state, state.orders[item.order_id], item)


def _inspect(state: ShopState, item: OrderItem, at: datetime) -> None:
    sent_back = state.return_of.get(item.order_item_id)
    plan = return_plan(state.seed, item.order_item_id)
    if sent_back is None or plan is None:
        return
    refund = refund_for(state, item, sent_back.quantity)
    if plan.keeps_fee:
        refund = Cents(max(1, refund * 85 // 100))
    state.change(sent_back, at, refund_amount=refund)
    payment = _current_payment(state, state.orders[item.order_id])
    if payment is not None:
        state.change(payment, at, status="partially_refunded")
    if plan.is_resold:
        warehouse_id = state.shipment_of[item.order_id].warehouse_id
        state.move_stock(item.product_id, warehouse_id, "return", sent_back.quantity, at)


def refund_for(state: ShopState, item: OrderItem, quantity: int) -> Cents:
    """Return the refund for units of an item: its net less its share of the order's discount.

    Rounded down so that it never exceeds what was paid, whichever way the discount is split;
    at least one cent.
    """
    order = state.orders[item.order_id]
    net = sum(other.net_amount for other in state.items_of[item.order_id])
    share = -(-order.discount_amount * item.net_amount // net) if net else 0
    return Cents(max(1, (item.net_amount - share) * quantity // item.quantity))


def _delivery_time(state: ShopState, shipment: Shipment) -> datetime:
    rng = seeded_rng(state.seed, "delivery", shipment.order_id)
    plan = order_plan(state.seed, shipment.order_id)
    promised_days = (shipment.promised_at - _midnight(shipment.shipped_at)).days
    if plan.delivery == "late":
        days = promised_days + rng.choice((1, 1, 1, 2, 2, 3, 5))
    else:
        days = rng.randint(1, max(1, promised_days))
    return _midnight(shipment.shipped_at) + timedelta(
        days=days, seconds=rng.randint(8 * 3600, 20 * 3600 - 1)
    )


def _working_time(at: datetime) -> datetime:
    """Return the first moment from `at` on that is neither at night nor on a Sunday."""
    if at.time() >= _CLOSES:
        at = _midnight(at) + timedelta(days=1, hours=_OPENS.hour, minutes=at.minute)
    elif at.time() < _OPENS:
        at = _midnight(at) + timedelta(hours=_OPENS.hour, minutes=at.minute)
    return at + timedelta(days=1) if at.weekday() == _SUNDAY else at


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.date(), time(), UTC)
