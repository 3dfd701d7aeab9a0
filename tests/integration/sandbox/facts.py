"""Facts that hold in the shop at any time: database -> rows that break one, and fingerprints."""

import psycopg

FACTS = {
    "an order has items": """
        select order_id from shop.orders
        where not exists (
            select from shop.order_items where order_items.order_id = orders.order_id
        )""",
    "an order's discount is at most the net of its items": """
        select order_id, orders.discount_amount
        from shop.orders join shop.order_items using (order_id)
        group by order_id
        having orders.discount_amount
            > sum(quantity * unit_price - order_items.discount_amount)""",
    "one return per item at most, of its units at most": """
        select return_id from shop.returns join shop.order_items using (order_item_id)
        where returns.quantity > order_items.quantity""",
    "a refund is at most the net of the item": """
        select return_id from shop.returns join shop.order_items using (order_item_id)
        where refund_amount > (order_items.quantity * unit_price - discount_amount)""",
    "only delivered items are returned, after the delivery": """
        select return_id
        from shop.returns
        join shop.order_items using (order_item_id)
        left join shop.shipments using (order_id)
        where requested_at < delivered_at or delivered_at is null""",
    "an order is placed before it is shipped": """
        select order_id from shop.orders join shop.shipments using (order_id)
        where shipped_at < placed_at""",
    "shipped and delivered orders have a shipment, others none": """
        select order_id, status from shop.orders left join shop.shipments using (order_id)
        where (shipment_id is not null) <> (status in ('shipped', 'delivered'))""",
    "a delivered order has a time of delivery, others none": """
        select order_id, status from shop.orders left join shop.shipments using (order_id)
        where (delivered_at is not null) <> (status = 'delivered')""",
    "a paid order has one successful payment, a cancelled one none": """
        select order_id, status
        from shop.orders
        where (
            select count(*) from shop.payments
            where payments.order_id = orders.order_id
                and payments.status in ('captured', 'partially_refunded')
        ) <> (status in ('paid', 'shipped', 'delivered'))::int""",
    "a payment is the order's total": """
        select payment_id
        from shop.payments
        join shop.orders using (order_id)
        join lateral (
            select sum(quantity * unit_price - discount_amount) as net_amount
            from shop.order_items where order_items.order_id = orders.order_id
        ) as items on true
        where amount
            <> net_amount - orders.discount_amount + shipping_amount + tax_amount""",
    "no row changed before it was made": """
        select order_id from shop.orders where updated_at < created_at
        union all select payment_id from shop.payments where updated_at < created_at
        union all select shipment_id from shop.shipments where updated_at < created_at
        union all select return_id from shop.returns where updated_at < created_at
        union all select product_id from shop.products where updated_at < created_at
        union all select customer_id from shop.customers where updated_at < created_at""",
    "products lie in categories of the second level": """
        select product_id from shop.products join shop.categories using (category_id)
        where parent_category_id is null""",
    "what was shipped left the warehouse at that moment": """
        select order_item_id
        from shop.order_items
        join shop.shipments using (order_id)
        where not exists (
            select from shop.stock_movements
            where stock_movements.product_id = order_items.product_id
                and stock_movements.warehouse_id = shipments.warehouse_id
                and kind = 'sale'
                and moved_at = shipped_at
                and stock_movements.quantity = -order_items.quantity
        )""",
}

BUSINESS_COLUMNS = {
    "customers": "to_jsonb(t) - '{created_at,updated_at}'::text[]",
    "categories": "to_jsonb(t)",
    "products": "to_jsonb(t) - '{created_at,updated_at}'::text[]",
    "warehouses": "to_jsonb(t)",
    "orders": "to_jsonb(t) - '{created_at,updated_at}'::text[]",
    "order_items": "to_jsonb(t) - '{created_at,updated_at}'::text[]",
    "payments": "to_jsonb(t) - '{created_at,updated_at}'::text[]",
    "shipments": "to_jsonb(t) - '{created_at,updated_at}'::text[]",
    "returns": "to_jsonb(t) - '{created_at,updated_at}'::text[]",
    "stock_movements": "to_jsonb(t) - '{created_at}'::text[]",
}


def violations(url: str, fact: str) -> list[tuple[object, ...]]:
    """Return some of the rows that break the fact."""
    with psycopg.connect(url) as connection:
        return connection.execute(f"{FACTS[fact]} limit 5".encode()).fetchall()


def fingerprints(url: str, *, with_stamps: bool = True) -> dict[str, str]:
    """Return a hash of all rows per table, with or without the times the database keeps."""
    hashes: dict[str, str] = {}
    with psycopg.connect(url) as connection:
        for table, business in BUSINESS_COLUMNS.items():
            row = "to_jsonb(t)" if with_stamps else business
            found = connection.execute(
                f"select md5(string_agg(({row})::text, '' order by ({row})::text))"
                f" from shop.{table} as t".encode()
            ).fetchone()
            hashes[table] = str(found[0]) if found else ""
    return hashes
