"""What is derived, as SQL: the granularity, what is read, and that nothing follows from nothing."""

import re
from collections.abc import Iterator

import duckdb
import pytest
from sqlglot import exp, parse_one

from operations.derivation import NotDerivableError, Upstream, derive
from tests.unit.operations.derivation.gold import Model, columns_of, gold_models
from tests.unit.operations.derivation.referee import COLUMNS, Referee, Tables
from tests.unit.operations.derivation.shapes import SHAPES

# Ranks over all rows: each change can move every one of them.
RANKED = {
    "top_products": "a window without PARTITION BY",
    "top_users": "a window without PARTITION BY",
}
# Where rows are replaced by less than the unique key: windows run across what is left out.
COARSER = {
    "fct_stock_daily": ("product_id", "warehouse_id"),
    "fuel_efficiency": ("car_chassis",),
    "inventory_health": ("product_id", "warehouse_id"),
    "ml_features": ("store_id",),
}
GOLD = list(gold_models())
TABLES: Tables = {
    "a": [(1, 2, 3), (1, 2, 3), (None, 0, 2), (2, None, None)],
    "b": [(1, 2, 1), (3, None, 2)],
    "c": [(1, 3), (None, 0)],
}


def names_of(sql: str) -> list[str]:
    query = parse_one(sql, dialect="spark")
    assert isinstance(query, exp.Query)
    return query.named_selects


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.mark.parametrize("shape", SHAPES)
def test_no_change_affects_no_key(con: duckdb.DuckDBPyConnection, shape: str) -> None:
    referee = Referee(SHAPES[shape], (), con)
    referee.start(TABLES)
    assert not con.execute(referee.derived(set()).affected).fetchall()
    for name, rows in TABLES.items():
        for suffix, content in (("_old", rows), ("_ins", []), ("_del", [])):
            referee.fill(name + suffix, content)
    assert not con.execute(referee.derived(set(COLUMNS)).affected).fetchall()


@pytest.mark.parametrize("model", GOLD, ids=lambda model: model.name)
def test_gold_models_are_derived(model: Model) -> None:
    if model.name in RANKED:
        with pytest.raises(NotDerivableError, match=RANKED[model.name]):
            derive(model.sql, model.key, model.upstreams(), "affected")
        return
    derivation = derive(model.sql, model.key, model.upstreams(), "affected")
    assert derivation.key == COARSER.get(model.name, model.key)
    assert not derivation.warnings
    assert names_of(derivation.affected) == [*derivation.key]
    restricted, full = (names_of(each) for each in (derivation.restricted, derivation.full))
    assert restricted == full
    assert sorted(full) == sorted(columns_of(model.name))


@pytest.mark.parametrize("model", GOLD, ids=lambda model: model.name)
def test_each_upstream_can_drive_alone(model: Model) -> None:
    if model.name in RANKED:
        return
    for table, given in model.upstreams().items():
        derivation = derive(model.sql, model.key, model.upstreams(table), "affected")
        driven = all(str(each) in derivation.affected for each in (given.inserted, given.deleted))
        compared = f"{given.old} as" in derivation.affected  # of totals, by value
        assert driven or compared


def test_an_unchanged_upstream_is_read_as_it_is_now() -> None:
    changed = Upstream(("k", "x"), "gold.a", "gold.a version as of 1", "a_ins", "a_del")
    unchanged = Upstream(("k", "y"), "gold.b")
    sql = "select a.k, b.y from gold.a left join gold.b on a.k = b.k"
    derivation = derive(sql, ["k"], {"gold.a": changed, "gold.b": unchanged}, "affected")
    assert "gold.b" not in derivation.affected
    assert "version as of" not in derivation.affected + derivation.restricted + derivation.full


def test_the_key_reaches_the_tables() -> None:
    changed = Upstream(("k", "x"), "gold.a", "gold.a version as of 1", "a_ins", "a_del")
    counted = "select k, count(*) as n from gold.a group by k"
    sql = f"select a.k, t.n from gold.a left join ({counted}) as t on a.k = t.k"
    derivation = derive(sql, ["k"], {"gold.a": changed}, "affected")
    assert derivation.restricted.count("exists (select 1 from affected as") == 2


def test_scripts_name_what_holds_few_rows_and_what_is_read_twice() -> None:
    changed = Upstream(("k", "x"), "gold.a at 2", "gold.a at 1", "(a_ins)", "(a_del)")
    unchanged = Upstream(("k", "y"), "gold.b at 7")
    sql = """select a.k, sum(b.y) as y from gold.a join gold.b on a.k = b.k
        join gold.b as c on a.k = c.k group by a.k"""
    derivation = derive(sql, ["k"], {"gold.a": changed, "gold.b": unchanged}, "affected")
    views = (*derivation.affected_script.views, *derivation.restricted_script.views)
    few = [view.sql for view in views if view.has_few_rows]
    assert few == ["select k from (a_del)", "select k from (a_ins)"]
    (whole,) = [view for view in views if not view.has_few_rows]
    assert whole.sql == "select * from gold.b at 7"
    assert derivation.restricted_script.query.count(f"from {whole.name} as") == 2
    assert "(\nselect * from gold.a at 2\n) as t1" in derivation.restricted_script.query


def test_a_view_is_not_taken_for_one_whose_name_begins_with_its_own() -> None:
    changed = Upstream(("k", "x"), "gold.a at 2", "gold.a at 1", "(a_ins)", "(a_del)")
    sql = " union all ".join(f"select k, x + {n} as x from gold.a" for n in range(12))
    sql = f"select k, sum(x) over (partition by k) as x from ({sql})"
    derivation = derive(sql, ["k"], {"gold.a": changed}, "affected")
    scripts = (derivation.affected_script, derivation.restricted_script)
    texts = [text for s in scripts for text in (*(view.sql for view in s.views), s.query)]
    made = {view.name for script in scripts for view in script.views}
    assert set(re.findall(r"\baffected_\d+", " ".join(texts))) == made


def test_the_keys_of_partitions_are_few_rows() -> None:
    """They are looked for once; those of rows that changed are known."""
    changed = Upstream(("k", "p", "x"), "gold.a at 2", "gold.a at 1", "(a_ins)", "(a_del)")
    sql = "select k, sum(x) over (partition by p) as x from gold.a"
    derivation = derive(sql, ["k"], {"gold.a": changed}, "affected")
    views = (*derivation.affected_script.views, *derivation.restricted_script.views)
    few = [view.sql for view in views if view.has_few_rows]
    assert few[:2] == ["select k, p from (a_del)", "select p from (a_ins)"]
    assert len(few) == 3
    assert "distinct" in few[-1]


A = Upstream(("k", "p", "x"), "a_now", "a_old", "(a_ins)", "(a_del)")
B = Upstream(("p", "y"), "b_now", "b_old", "(b_ins)", "(b_del)")


def _affected(sql: str, key: str) -> str:
    script = derive(sql, [key], {"gold.a": A, "gold.b": B}, "affected").affected_script
    return "\n".join([*(view.sql for view in script.views), script.query])


def _reads(sql: str, key: str) -> list[str]:
    """Return which tables the affected keys of a query are found in, each as often as it is read.

    A name without a space is no view of its own: it stands wherever it is read.
    """
    return sorted(re.findall(r"\b[ab]_(?:now|old)(?= as )", _affected(sql, key)))


def test_a_condition_that_would_read_a_partner_is_left_out() -> None:
    """Of its own rows a change brings the columns along."""
    joined = "select b.p, sum(b.y) as y from gold.a join gold.b on a.p = b.p"
    on_partner = f"{joined} where a.x > 1 group by b.p"
    assert _reads(on_partner, "p") == []
    assert _affected(on_partner, "p").count("x > 1") == 2, "rows of a, that came and that went"


def test_a_window_reads_only_the_table_that_has_its_partitions_and_keys() -> None:
    joined = (
        "select a.k, sum(b.y) over (partition by a.p) as y from gold.a join gold.b on a.p = b.p"
    )
    assert _reads(joined, "k") == ["a_now"]


def test_a_table_is_read_as_it_was_where_each_world_asks_for_other_keys() -> None:
    without = "select a.k from gold.a where not exists (select 1 from gold.b where a.p = b.p)"
    assert _reads(without, "k") == ["a_now", "a_old"]


def test_a_table_is_read_once_for_all_that_changes_its_rows() -> None:
    sql = """with w as (
        select a.k, a.p, sum(b.y) over (partition by a.p) as y from gold.a join gold.b on a.p = b.p
    )
    select a.k, b.y, w.y as z from gold.a left join gold.b on a.p = b.p left join w on a.k = w.k"""
    assert _reads(sql, "k") == ["a_now"]


def test_the_same_question_is_answered_from_memory() -> None:
    upstreams = {"a": Upstream(("k",), "a", "a_old", "a_ins", "a_del")}
    first = derive("select k from a", ["k"], upstreams, "affected")
    assert derive("select k from a", ("k",), dict(upstreams), "affected") is first
