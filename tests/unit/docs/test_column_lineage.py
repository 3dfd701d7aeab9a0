"""What a column is made of: small queries with answers worked out by hand."""

import pytest

from docs.site.column_lineage import ColumnName, Origin, Tracing, trace

SCHEMA = {
    "s": {
        "orders": dict.fromkeys(("id", "customer", "amount", "at", "state"), "int"),
        "items": {"id": "int", "order_id": "int", "price": "int", "tags": "array<string>"},
        "people": {"id": "int", "name": "string", "amount": "int"},
    }
}

QUERIES = {
    "a column": ("select amount from s.orders", "amount", "orders.amount"),
    "another name": ("select amount as paid from s.orders", "paid", "orders.amount"),
    "an expression": ("select amount + id as x from s.orders", "x", "orders.amount orders.id"),
    "a join without prefixes": (
        "select name, price from s.items join s.orders on order_id = s.orders.id"
        " join s.people on customer = s.people.id",
        "name",
        "people.name",
    ),
    "a join, the name on both sides": (
        "select p.amount as x, o.amount as y from s.orders as o join s.people as p on o.id = p.id",
        "x",
        "people.amount",
    ),
    "a coalesce over a join": (
        "select coalesce(p.name, o.state) as x from s.orders o left join s.people p on o.id = p.id",
        "x",
        "orders.state people.name",
    ),
    "what filters is not shown": ("select id from s.orders where amount > 1", "id", "orders.id"),
    "a union": (
        "select id as x, name as y from s.people union all select customer, state from s.orders",
        "x",
        "orders.customer people.id",
    ),
    "a union's second column": (
        "select id as x, name as y from s.people union all select customer, state from s.orders",
        "y",
        "orders.state people.name",
    ),
    "a window": (
        "select row_number() over (partition by customer order by at) as x from s.orders",
        "x",
        "orders.at orders.customer",
    ),
    "a window over a sum": (
        "select sum(amount) over (partition by customer) as x from s.orders",
        "x",
        "orders.amount orders.customer",
    ),
    "a star": ("with a as (select * from s.orders) select * from a", "state", "orders.state"),
    "a star but one": (
        "with a as (select * except (id) from s.orders) select * from a",
        "amount",
        "orders.amount",
    ),
    "a star of one side": (
        "select o.*, p.name from s.orders as o join s.people as p on o.id = p.id",
        "amount",
        "orders.amount",
    ),
    "case": (
        "select case when state = 'x' then amount else id end as x from s.orders",
        "x",
        "orders.amount orders.id orders.state",
    ),
    "an aggregate": (
        "select customer, sum(amount) as x from s.orders group by customer",
        "x",
        "orders.amount",
    ),
    "distinct values counted": ("select count(distinct id) as x from s.orders", "x", "orders.id"),
    "through three steps": (
        "with a as (select amount as b from s.orders), c as (select b * 2 as d from a)"
        " select d as e from c",
        "e",
        "orders.amount",
    ),
    "a subquery": ("select x from (select amount as x from s.orders)", "x", "orders.amount"),
    "a scalar subquery": (
        "select (select max(price) from s.items) as x from s.orders",
        "x",
        "items.price",
    ),
    "explode": ("select explode(tags) as tag from s.items", "tag", "items.tags"),
    "two names of one function": (
        "select word from (select id, posexplode(tags) as (place, word) from s.items)",
        "word",
        "items.tags",
    ),
    "a lateral view": (
        "select tag from s.items lateral view explode(tags) as tag",
        "tag",
        "items.tags",
    ),
    "a whole row": (
        "select to_json(struct(*)) as x from s.people",
        "x",
        "people.amount people.id people.name",
    ),
    "a whole row but what a step added": (
        "with a as (select *, explode(array(1)) as added from s.people)"
        " select to_json(struct(* except (added))) as x from a",
        "x",
        "people.amount people.id people.name",
    ),
    "other case": ("select AMOUNT as x from s.Orders", "x", "orders.amount"),
}


def names(text: str) -> tuple[ColumnName, ...]:
    pairs = (each.split(".") for each in text.split())
    return tuple(ColumnName(f"s.{table}", column) for table, column in pairs)


@pytest.mark.parametrize("case", QUERIES)
def test_a_column_is_made_of(case: str) -> None:
    sql, column, expected = QUERIES[case]
    assert trace(sql, [column], SCHEMA)[column] == Origin(Tracing.TRACED, names(expected))


@pytest.mark.parametrize("expression", ["count(*)", "1", "'x'", "current_date()", "count(1)"])
def test_an_expression_without_columns_is_made_of_none(expression: str) -> None:
    found = trace(f"select {expression} as x from s.orders", ["x"], SCHEMA)
    assert found["x"] == Origin(Tracing.NO_COLUMN)


@pytest.mark.parametrize(
    ("sql", "known"),
    [
        ("select nothing as x from s.orders", ""),
        ("select x from s.not_declared", ""),
        ("select u.x + o.amount as x from s.orders as o join s.unknown as u", "orders.amount"),
        ("select amount from s.orders", ""),  # no such output
        ("with a as (select * from s.unknown) select id as y, * from a", ""),
        ("select to_json(struct(*)) as x from s.unknown", ""),
        ("select struct(o.id, struct(*)) as x from s.orders as o join s.unknown", "orders.id"),
        ("select (", ""),
        ("drop table s.orders", ""),
    ],
)
def test_what_cannot_be_traced_is_said_not_guessed(sql: str, known: str) -> None:
    assert trace(sql, ["x"], SCHEMA)["x"] == Origin(Tracing.UNTRACED, names(known))


def test_all_columns_of_a_query_are_traced_each_by_itself() -> None:
    found = trace("select id, amount, nothing from s.orders", ["id", "amount", "nothing"], SCHEMA)
    assert [each.tracing for each in found.values()] == [
        Tracing.TRACED,
        Tracing.TRACED,
        Tracing.UNTRACED,
    ]
