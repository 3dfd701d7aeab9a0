"""Ten days in a shop: what happens on each -> SQL that does it, and the marts that must notice."""

from dataclasses import dataclass

# Rows are chosen by fixed rules, so that the same shop gives the same change every time.
NEWEST_COUNTED_ORDER = """(
    select orders.order_id
    from shop.orders
    inner join shop.shipments on orders.order_id = shipments.order_id
    where orders.status <> 'cancelled' and orders.discount_amount > 0
    order by orders.placed_at desc, orders.order_id
    limit 1
)"""
ITEM_TO_RETURN = """(
    select order_items.order_item_id
    from shop.order_items
    inner join shop.orders on order_items.order_id = orders.order_id
    left join shop.returns on order_items.order_item_id = returns.order_item_id
    where
        orders.status = 'delivered'
        and returns.return_id is null
        and order_items.unit_price > 1
    order by order_items.order_item_id desc
    limit 1
)"""
BEST_CUSTOMER = """(
    select orders.customer_id
    from shop.orders
    inner join shop.shipments on orders.order_id = shipments.order_id
    where orders.status <> 'cancelled'
    group by orders.customer_id
    order by count(*) desc, orders.customer_id
    limit 1
)"""
BEST_PRODUCT = """(
    select stock_movements.product_id
    from shop.stock_movements
    inner join shop.order_items on stock_movements.product_id = order_items.product_id
    inner join shop.orders on order_items.order_id = orders.order_id
    where orders.status <> 'cancelled' and stock_movements.kind = 'sale'
    group by stock_movements.product_id
    order by count(*) desc, stock_movements.product_id
    limit 1
)"""
# an order of its own day, with all that hangs on it
DOOMED_ORDER = f"""(
    select orders.order_id
    from shop.orders
    inner join shop.shipments on orders.order_id = shipments.order_id
    where orders.status = 'delivered' and orders.order_id <> {NEWEST_COUNTED_ORDER}
    order by orders.placed_at desc, orders.order_id
    limit 1
)"""


@dataclass(frozen=True)
class Change:
    """One thing that happens to the shop, and the marts whose figures it must move."""

    name: str
    statements: tuple[str, ...]
    marts: tuple[str, ...]


SALES = ("sales_daily", "customer_360", "delivery_performance")

ITEM_PRICE = Change(
    "the price of an item changes",
    (
        f"""update shop.order_items set unit_price = unit_price + 12.34
        where order_id = {NEWEST_COUNTED_ORDER}""",
    ),
    SALES,
)

ORDER_DISCOUNT = Change(
    "an order's discount goes down by a cent",
    (
        f"""update shop.orders set discount_amount = discount_amount - 0.01
        where order_id = {NEWEST_COUNTED_ORDER}""",
    ),
    ("sales_daily", "customer_360"),
)

CANCELLED_ORDER = Change(
    "an order is cancelled",
    (
        f"""update shop.orders set status = 'cancelled'
        where order_id = {NEWEST_COUNTED_ORDER}""",
    ),
    SALES,
)

MOVED_ITEM = Change(
    "an item moves to another order",
    (
        f"""update shop.order_items set order_id = (
            select orders.order_id
            from shop.orders
            inner join shop.shipments on orders.order_id = shipments.order_id
            where orders.status <> 'cancelled' and orders.order_id <> {NEWEST_COUNTED_ORDER}
            order by orders.placed_at, orders.order_id
            limit 1
        )
        where order_item_id = (
            select max(order_item_id) from shop.order_items
            where order_id = {NEWEST_COUNTED_ORDER}
        )""",
    ),
    SALES,
)

EARLIER_ORDER = Change(
    "an order turns out to be placed a day earlier",
    (
        f"""update shop.orders set placed_at = placed_at - interval '1 day'
        where order_id = {NEWEST_COUNTED_ORDER}""",
    ),
    ("sales_daily",),
)

NEW_RETURN = Change(
    "an item is returned",
    (
        f"""insert into shop.returns
            (order_item_id, quantity, refund_amount, reason, requested_at)
        values ({ITEM_TO_RETURN}, 1, 0.99, 'damaged', now())""",
    ),
    SALES,
)

RETURN_TAKEN_BACK = Change(
    "a return is taken back",
    (
        """delete from shop.returns where return_id = (
            select returns.return_id
            from shop.returns
            inner join shop.order_items
                on returns.order_item_id = order_items.order_item_id
            inner join shop.orders on order_items.order_id = orders.order_id
            inner join shop.shipments on orders.order_id = shipments.order_id
            where
                returns.refund_amount > 0
                and orders.status = 'delivered'
                and shipments.delivered_at is not null
            order by returns.return_id desc
            limit 1
        )""",
    ),
    SALES,
)

MOVED_CUSTOMER = Change(
    "a customer moves to another country",
    (
        f"""update shop.customers
        set country = case when upper(trim(country)) = 'AT' then ' fr' else ' at ' end
        where customer_id = {BEST_CUSTOMER}""",
    ),
    SALES,
)

MOVED_PRODUCT = Change(
    "a product goes to another category",
    (
        f"""update shop.products set category_id = (
            select min(categories.category_id)
            from shop.categories
            where
                categories.parent_category_id is not null
                and categories.category_id <> products.category_id
        )
        where product_id = {BEST_PRODUCT}""",
    ),
    ("sales_daily",),
)

RENAMED_CATEGORIES = Change(
    "a category gets another name",
    ("update shop.categories set name = name || ' and more' where parent_category_id > 0",),
    ("sales_daily",),
)

FREE_PRODUCT = Change(
    "a product costs nothing any more",
    (f"update shop.products set unit_cost = 0 where product_id = {BEST_PRODUCT}",),
    ("inventory_health",),
)

CANCELLED_FIRST_ORDER = Change(
    "a customer's first order is cancelled, which moves the cohort",
    (
        f"""update shop.orders set status = 'cancelled'
        where order_id = (
            select order_id from shop.orders
            where customer_id = {BEST_CUSTOMER} and status <> 'cancelled'
            order by placed_at, order_id
            limit 1
        )""",
    ),
    ("sales_daily", "customer_360"),
)

REVIVED_ORDER = Change(
    "a cancelled order is taken up again",
    (
        """update shop.orders set status = 'paid'
        where order_id = (
            select orders.order_id
            from shop.orders
            inner join shop.order_items on orders.order_id = order_items.order_id
            where orders.status = 'cancelled'
            order by orders.placed_at, orders.order_id
            limit 1
        )""",
    ),
    ("sales_daily", "customer_360"),
)

DELETED_CUSTOMER = Change(
    "a customer who never ordered is deleted",
    (
        """delete from shop.customers where customer_id = (
            select min(customers.customer_id)
            from shop.customers
            left join shop.orders on customers.customer_id = orders.customer_id
            where orders.order_id is null
        )""",
    ),
    ("customer_360",),
)

DELETED_ORDER = Change(
    "an order is deleted with all that hangs on it",
    (
        f"create temporary table doomed on commit drop as select {DOOMED_ORDER} as order_id",
        """delete from shop.returns where order_item_id in (
            select order_item_id from shop.order_items
            where order_id in (select order_id from doomed)
        )""",
        "delete from shop.order_items where order_id in (select order_id from doomed)",
        "delete from shop.payments where order_id in (select order_id from doomed)",
        "delete from shop.shipments where order_id in (select order_id from doomed)",
        "delete from shop.orders where order_id in (select order_id from doomed)",
    ),
    SALES,
)

LATE_MOVEMENTS = Change(
    "a sale and a receipt are booked between older movements",
    (
        f"""insert into shop.stock_movements
            (product_id, warehouse_id, kind, quantity, moved_at)
        select
            first_movement.product_id,
            first_movement.warehouse_id,
            late.kind,
            late.quantity,
            first_movement.moved_at + late.hours * interval '1 hour'
        from (
            select product_id, warehouse_id, min(moved_at) as moved_at
            from shop.stock_movements
            where product_id = {BEST_PRODUCT}
            group by product_id, warehouse_id
        ) as first_movement
        cross join (values ('sale', -100000, 30), ('receipt', 99999, 70))
            as late (kind, quantity, hours)""",
    ),
    ("inventory_health",),
)

ARRIVED_SHIPMENT = Change(
    "a shipment arrives",
    (
        """update shop.shipments set delivered_at = shipped_at + interval '100 hours'
        where shipment_id = (
            select shipments.shipment_id
            from shop.shipments
            inner join shop.orders on shipments.order_id = orders.order_id
            where orders.status <> 'cancelled' and shipments.delivered_at is null
            order by shipments.shipment_id
            limit 1
        )""",
    ),
    ("delivery_performance",),
)

NEWEST_CANCELLED_ORDER = Change(
    "the newest order is placed tomorrow and cancelled at once",
    (
        """insert into shop.orders (
            customer_id, status, currency, discount_amount, shipping_amount,
            tax_amount, placed_at
        )
        select customer_id, 'cancelled', 'EUR', 0, 0, 0, placed_at + interval '1 day'
        from shop.orders
        order by placed_at desc
        limit 1""",
    ),
    ("customer_360", "inventory_health"),
)

# What is done together touches different rows.
DAYS: tuple[tuple[Change, ...], ...] = (
    (ITEM_PRICE, MOVED_PRODUCT),
    (ORDER_DISCOUNT, MOVED_CUSTOMER),
    (CANCELLED_ORDER, RENAMED_CATEGORIES),
    (MOVED_ITEM, LATE_MOVEMENTS),
    (EARLIER_ORDER, DELETED_CUSTOMER),
    (NEW_RETURN, ARRIVED_SHIPMENT),
    (RETURN_TAKEN_BACK, FREE_PRODUCT),
    (CANCELLED_FIRST_ORDER,),
    (REVIVED_ORDER, NEWEST_CANCELLED_ORDER),
    (DELETED_ORDER,),
)
