"""What is not derived: the error names the construct, its line and what to do instead."""

import pytest

from operations.derivation import NotDerivableError, Upstream, derive, tables_of

UPSTREAMS = {
    "gold.a": Upstream(("k", "g", "x"), "gold.a", "gold.a version as of 1", "a_ins", "a_del"),
    "gold.b": Upstream(("k", "y"), "gold.b"),
}

REFUSED = {
    "LIMIT": (3, "select k\nfrom gold.a\nlimit 3"),
    "OFFSET": (3, "select k\nfrom gold.a\noffset 3"),
    "a window without PARTITION BY": (
        2,
        "select k,\nrow_number() over (order by x) as place from gold.a",
    ),
    "function rand": (2, "select k,\nrand() as r from gold.a"),
    "function uuid": (2, "select k,\nuuid() as r from gold.a"),
    "function current_date": (2, "select k from gold.a\nwhere x < current_date()"),
    "function current_timestamp": (1, "select k, current_timestamp() as at from gold.a"),
    "function now": (2, "select k,\nnow() as at from gold.a"),
    "function monotonically_increasing_id": (
        1,
        "select k, monotonically_increasing_id() as id from gold.a",
    ),
    "function my_function": (2, "select k,\nmy_function(x) as y from gold.a"),
    "a recursive CTE": (
        1,
        "with recursive t as (\nselect k from gold.a union all select 1 from t)\nselect * from t",
    ),
    "GROUP BY ROLLUP": (3, "select k, count(*) as n\nfrom gold.a\ngroup by rollup (k)"),
    "GROUP BY CUBE": (3, "select k, count(*) as n\nfrom gold.a\ngroup by cube (k)"),
    "GROUP BY 3": (2, "select k, count(*) as n from gold.a group by k,\n3"),
    "GROUP BY ALL": (1, "select k, count(*) as n from gold.a group by all"),
    "TABLESAMPLE": (2, "select k\nfrom gold.a tablesample (10 percent)"),
    "VERSION": (2, "select k\nfrom gold.a version as of 3"),
    "a lateral join": (2, "select k, y from gold.a,\nlateral (select y from gold.b) as t"),
    "NATURAL JOIN": (2, "select gold.a.k from gold.a\nnatural join gold.b"),
    "ALL (subquery)": (2, "select k from gold.a\nwhere x > all (select y from gold.b)"),
    "a subquery in ON": (
        3,
        "select a.k from gold.a\nleft join gold.b\non a.k = b.k and exists (select 1 from gold.b)",
    ),
    "GROUP in a correlated subquery": (
        2,
        "select k from gold.a where exists (\n"
        "select 1 from gold.b where b.k = a.k group by y having count(*) > 1)",
    ),
    "explode() beside other columns": (
        2,
        "select k, sum(x) over (partition by k) as s,\nexplode(array(x)) as e from gold.a",
    ),
    "table gold.c, which is not known": (2, "select k\nfrom gold.c"),
    "column z, which is not in FROM": (2, "select k,\nz from gold.a"),
    "column k, which several tables have": (
        1,
        "select k from gold.a inner join gold.b on a.k = b.k",
    ),
    "PIVOT": (2, "select *\nfrom (select k, g from gold.a) pivot (count(*) for g in (1, 2))"),
    "two columns named k": (1, "select k, g as k from gold.a"),
    "SQL that is not understood": (2, "select k\nfrom gold.a where (x"),
    "what is not one query": (1, "delete from gold.a"),
}


@pytest.mark.parametrize("construct", REFUSED)
def test_a_refusal_names_the_construct_and_its_line(construct: str) -> None:
    line, sql = REFUSED[construct]
    with pytest.raises(NotDerivableError) as raised:
        derive(sql, ("k",), UPSTREAMS, "affected")
    assert (raised.value.construct, raised.value.line) == (construct, line)
    assert raised.value.construct in raised.value.message
    assert raised.value.fix


def test_a_key_that_is_not_selected_is_refused() -> None:
    with pytest.raises(NotDerivableError, match="does not select \\(id\\)"):
        derive("select k from gold.a", ("id",), UPSTREAMS, "affected")


def test_what_depends_on_the_order_of_rows_is_warned_of() -> None:
    sql = "select k, first(x) as x, collect_list(g) as gs, sort_array(collect_list(g)) as ok"
    derivation = derive(f"{sql} from gold.a group by k", ("k",), UPSTREAMS, "affected")
    assert derivation.warnings == (
        "first takes whichever row comes first",
        "a collected list is in no order; wrap it in sort_array()",
    )


def test_tables_are_those_of_the_lake() -> None:
    sql = "with a as (select * from gold.a), c as (select * from a) select * from c, b, silver.c"
    assert tables_of(sql) == ("b", "gold.a", "silver.c")


def test_a_cte_may_have_the_name_of_a_table_it_reads() -> None:
    sql = "with b as (select * from b) select * from b where k in (select k from gold.a)"
    assert tables_of(sql) == ("b", "gold.a")
