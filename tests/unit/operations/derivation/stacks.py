"""Random queries: layers of every kind, each over the one before -> SQL with columns p, q and r."""

from collections.abc import Callable

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[str]], str]

BASES = (
    "select k as p, g as q, x as r from a",
    "select k as p, g as q, y as r from b",
    "select k as p, z as q, k as r from c",
    "select g as p, x as q, k as r from a where x is not null",
)
CONDITIONS = ("s.p > 0", "s.q is null or s.r < 2", "s.p <> s.q", "coalesce(s.r, 1) = 1", "s.q <= 2")
VALUES = (
    "s.p",
    "s.q",
    "s.r",
    "s.p + s.q",
    "coalesce(s.q, s.r)",
    "s.r % 2",
    "1",
    "case when s.p > 1 then s.q end",
)
AGGREGATES = (
    "count(*)", "sum({0})", "max({0})", "min({0})", "count({0})", "count(distinct {0})",
    "count(*) filter (where {0} > 1)",
)  # fmt: skip
WINDOWS = (
    "row_number() over (partition by {0} order by s.p, s.q, s.r)",
    "sum(s.r) over (partition by {0})",
    "lag(s.q) over (partition by {0} order by s.p, s.q, s.r)",
    "max(s.q) over (partition by {0} order by s.p, s.q, s.r rows 1 preceding)",
    "rank() over (partition by {0} order by s.r)",
)  # fmt: skip
PARTITIONS = ("s.p", "s.q", "s.p, s.q", "s.p % 2")
MATCHES = (
    "s.p = t.p",
    "s.q = t.p",
    "s.p = t.p and s.q < t.r",
    "s.p is not distinct from t.q",
    "s.r = t.r and t.q > 0",
)
JOINS = ("inner join", "left join", "right join", "full join")


@st.composite
def stacks(draw: st.DrawFn, layers: int = 4) -> str:
    """Draw a query of up to so many layers."""

    def pick(*texts: str) -> str:
        return draw(st.sampled_from(texts))

    sql = pick(*BASES)
    for _ in range(draw(st.integers(1, layers))):
        sql = draw(st.sampled_from(LAYERS))(pick, sql, lambda: draw(others()))
    return sql


@st.composite
def others(draw: st.DrawFn) -> str:
    """Draw the other side of a join: a table, or one layer over it."""
    base = draw(st.sampled_from(BASES))
    if draw(st.booleans()):
        return base
    layer = draw(st.sampled_from(SIMPLE))
    return layer(lambda *texts: draw(st.sampled_from(texts)), base, lambda: BASES[1])


Pick = Callable[..., str]
Other = Callable[[], str]


def filtered(pick: Pick, sql: str, other: Other) -> str:
    return f"select * from ({sql}) as s where {pick(*CONDITIONS)}"


def projected(pick: Pick, sql: str, other: Other) -> str:
    shown = f"{pick(*VALUES)} as p, {pick(*VALUES)} as q, {pick(*VALUES)} as r"
    return f"select {shown} from ({sql}) as s"


def aliased(pick: Pick, sql: str, other: Other) -> str:
    return (
        f"select s.p, s.q + 1 as h, h * 2 as i from ({sql}) as s where {pick(*CONDITIONS)}".replace(
            "select s.p", "select * from (select s.p", 1
        )
        + ") as u(p, q, r)"
    )


def distinct(pick: Pick, sql: str, other: Other) -> str:
    return f"select distinct {pick(*VALUES)} as p, s.q, s.r from ({sql}) as s"


def aggregate(pick: Pick, column: str) -> str:
    return pick(*AGGREGATES).format(column)


def grouped(pick: Pick, sql: str, other: Other) -> str:
    having = pick("", "", "having count(*) > 1", "having q > 1", "having max(s.r) > 0")
    return (
        f"select s.p, {aggregate(pick, 's.q')} as q, {aggregate(pick, 's.r')} as r"
        f" from ({sql}) as s group by s.p {having}"
    )


def grouped_finely(pick: Pick, sql: str, other: Other) -> str:
    key = pick("s.q", "s.p % 2", "coalesce(s.q, s.r)")
    return f"select s.p, {key} as q, {aggregate(pick, 's.r')} as r from ({sql}) as s group by 1, 2"


def total(pick: Pick, sql: str, other: Other) -> str:
    shown = f"{aggregate(pick, 's.p')} as p, {aggregate(pick, 's.q')} as q, max(s.r) as r"
    return f"select {shown} from ({sql}) as s"


def windowed(pick: Pick, sql: str, other: Other) -> str:
    first = pick(*WINDOWS).format(pick(*PARTITIONS))
    second = pick("s.r", pick(*WINDOWS).format(pick(*PARTITIONS)))
    return f"select s.p, {first} as q, {second} as r from ({sql}) as s"


def windowed_groups(pick: Pick, sql: str, other: Other) -> str:
    return (
        "select s.p, s.q, sum(sum(s.r)) over (partition by s.p order by s.q) as r"
        f" from ({sql}) as s group by s.p, s.q"
    )


def qualified(pick: Pick, sql: str, other: Other) -> str:
    window = f"row_number() over (partition by {pick('s.p', 's.q')} order by s.p, s.q, s.r)"
    return f"select s.p, s.q, s.r from ({sql}) as s qualify {window} = 1"


def combined(pick: Pick, sql: str, other: Other) -> str:
    kind = pick("union all", "union", "except", "except all", "intersect", "intersect all")
    return f"select * from ({sql}) as s {kind} select * from ({other()}) as t"


def joined(pick: Pick, sql: str, other: Other) -> str:
    shown = pick(
        "s.p, t.q, s.r", "t.p, s.q, t.r", "s.p, s.q, s.r", "coalesce(s.p, t.p) as p, s.q, t.r"
    )
    condition = pick("", "", "where s.p is not null", "where t.q is null", "where t.r > 0")
    return (
        f"select {shown} from ({sql}) as s {pick(*JOINS)} ({other()}) as t"
        f" on {pick(*MATCHES)} {condition}"
    )


def half_joined(pick: Pick, sql: str, other: Other) -> str:
    verb, match, rows = pick("semi", "anti"), pick(*MATCHES), other()
    return f"select s.p, s.q, s.r from ({sql}) as s {verb} join ({rows}) as t on {match}"


def existing(pick: Pick, sql: str, other: Other) -> str:
    verb, match = pick("exists", "not exists", "s.p = 1 or exists"), pick(*MATCHES)
    return f"select * from ({sql}) as s where {verb} (select 1 from ({other()}) as t where {match})"


def contained(pick: Pick, sql: str, other: Other) -> str:
    verb = pick("s.p in", "s.p not in", "s.q is null or s.r in", "s.r = 1 or s.q not in")
    where = pick("", "where t.q = s.q", "where t.p > 0")
    return f"select * from ({sql}) as s where {verb} (select t.p from ({other()}) as t {where})"


def looked_up(pick: Pick, sql: str, other: Other) -> str:
    value = pick(*AGGREGATES).format("t.r")
    where = pick("", f"where {pick(*MATCHES)}")
    return f"select s.p, s.q, (select {value} from ({other()}) as t {where}) as r from ({sql}) as s"


def beside_total(pick: Pick, sql: str, other: Other) -> str:
    value = pick(*AGGREGATES).format("t.q")
    condition = pick("", "where s.q <= u.m", "where s.r = u.m")
    return (
        f"select s.p, s.q, {pick('u.m', 's.r')} as r from ({sql}) as s"
        f" cross join (select {value} as m from ({other()}) as t) as u {condition}"
    )


def read_twice(pick: Pick, sql: str, other: Other) -> str:
    join, match = pick(*JOINS), pick(*MATCHES)
    return f"with w as ({sql}) select s.p, t.q, s.r from w as s {join} w as t on {match}"


def exploded(pick: Pick, sql: str, other: Other) -> str:
    return f"select s.p, s.q, unnest(range(cast(least(s.r, 3) as bigint))) as r from ({sql}) as s"


SIMPLE = (filtered, projected, distinct, grouped, total, windowed, qualified)
LAYERS = (
    filtered, projected, aliased, distinct, grouped, grouped_finely, total, windowed,
    windowed_groups, qualified, combined, joined, joined, half_joined, existing, contained,
    looked_up, beside_total, read_twice, exploded,
)  # fmt: skip
