"""A small project: a shop of two raw tables, two silver models, a mart and a dashboard."""

from docs.site.project import Column, Exposure, Project, Table


def table(name: str, layer: str, columns: str, sql: str = "", *reads: str) -> Table:
    """Return a table with columns of one type; `reads` are names of tables."""
    return Table(
        unique_id=f"model.firn.{name}",
        name=name,
        layer=layer,
        system="shop",
        description="One row per thing.",
        columns=tuple(Column(each, "bigint", "What it is.") for each in columns.split()),
        sql=sql,
        reads=tuple(f"model.firn.{each}" for each in reads),
    )


TABLES = (
    table("raw_shop.orders", "raw", "id customer paid"),
    table("raw_shop.customers", "raw", "id country"),
    table(
        "silver.shop__orders",
        "silver",
        "order_id customer_id amount",
        "select id as order_id, customer as customer_id, paid * 2 as amount from raw_shop.orders",
        "raw_shop.orders",
    ),
    table(
        "silver.shop__customers",
        "silver",
        "customer_id country",
        "select id as customer_id, country from raw_shop.customers",
        "raw_shop.customers",
    ),
    table(
        "gold.sales",
        "gold",
        "country amount orders_count unclear",
        "select c.country, sum(o.amount) as amount, count(*) as orders_count, x.y as unclear"
        " from silver.shop__orders as o join silver.shop__customers as c"
        " on o.customer_id = c.customer_id join elsewhere.x on true group by c.country",
        "silver.shop__orders",
        "silver.shop__customers",
    ),
)
PROJECT = Project(
    {each.unique_id: each for each in TABLES},
    (Exposure("board", "Board", "dashboard", "What is sold.", "Sales", ("gold.sales",)),),
)
