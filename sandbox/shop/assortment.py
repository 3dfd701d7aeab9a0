"""What is on sale: catalogue data -> categories, warehouses, products, their prices."""

from datetime import UTC, datetime, time, timedelta
from random import Random

from sandbox.seeded_random import happens, seeded_rng
from sandbox.shop.demand import OPENING
from sandbox.shop.entities import Category, Cents, Product, Warehouse
from sandbox.shop.habits import product_habits
from sandbox.shop.state import ShopState
from sandbox.shop.vocabulary import catalogue


def open_shop(state: ShopState) -> None:
    """Add all warehouses, categories and products; what is launched later is not active yet."""
    for plan in catalogue().warehouses:
        state.add(Warehouse(state.next_id(Warehouse), plan.name, plan.city, plan.country))
    for name, children in catalogue().categories.items():
        parent = state.add(Category(state.next_id(Category), name, None))
        for child_name, articles in children.items():
            child = state.add(Category(state.next_id(Category), child_name, parent.category_id))
            for article, price in articles:
                _add_product(state, child, article, Cents(price))


def _add_product(state: ShopState, category: Category, name: str, price: Cents) -> None:
    number = state.next_id(Product)
    launch = product_habits(state.seed, number).launch_day
    at = datetime.combine(OPENING, time(4), UTC) + timedelta(days=launch)
    cost_share = seeded_rng(state.seed, "cost", number).uniform(0.38, 0.68)
    state.add(
        Product(
            product_id=number,
            sku=f"{category.name[:3].upper()}-{number:04d}",
            name=name,
            category_id=category.category_id,
            unit_cost=Cents(round(price * cost_share)),
            list_price=price,
            is_active=launch == 0,
            created_at=at,
            updated_at=at,
        )
    )


def tend_assortment(state: ShopState, rng: Random) -> None:
    """Launch and retire the products whose day it is, and change a few prices and costs."""
    age = (state.today - OPENING).days
    at = state.morning + timedelta(hours=4)
    for product in state.products.values():
        habits = product_habits(state.seed, product.product_id)
        if 0 < habits.launch_day == age:
            state.change(product, at, is_active=True)
        elif habits.retirement_day == age:
            state.change(product, at, is_active=False)
    is_monday = state.today.weekday() == 0
    changes = rng.randint(1, 3) if is_monday else int(happens(rng, 0.1))
    for number in rng.sample(sorted(state.products), k=changes):
        _change_price(state, rng, state.products[number])


def _change_price(state: ShopState, rng: Random, product: Product) -> None:
    factor = rng.uniform(0.94, 1.09)
    price = Cents(max(100, round(product.list_price * factor / 5) * 5))
    cost = product.unit_cost
    if happens(rng, 0.4):
        cost = Cents(min(round(cost * rng.uniform(0.97, 1.05)), round(price * 0.8)))
    state.change(product, state.morning + timedelta(hours=4), list_price=price, unit_cost=cost)
