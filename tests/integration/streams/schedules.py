"""Schedules of what may happen to a table that models read: drawn operations -> statements."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hypothesis import strategies as st

from tests.integration.streams.till_lake import TillLake

UPSTREAM, DAILY, BEST, AMOUNTS, SIZES = (
    "silver.till__sales",
    "gold.daily_sales",
    "gold.best_days",
    "gold.amounts",
    "gold.sale_sizes",
)
READS = {DAILY: UPSTREAM, BEST: DAILY, AMOUNTS: UPSTREAM, SIZES: AMOUNTS}
MODELS = {DAILY: "daily_sales", BEST: "best_days", AMOUNTS: "sold_amounts", SIZES: "sale_sizes"}
TOO_MUCH = 2**31 - 1  # of two such sales a day does not hold the sum

KINDS = (
    "append", "update", "move", "rekey", "delete", "merge", "overwrite", "compact", "expire",
    "rollback", "replace",
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """Something that happens to the table: to the sales of an id, with a day and an amount."""

    kind: str
    sale_id: int
    day: int
    amount: int


@dataclass(frozen=True)
class Round:
    """Changes, and the run of some consumers after them, which may fail when it has read."""

    changes: tuple[Change, ...]
    consumers: tuple[str, ...]
    threads: int = 1
    fails: bool = False


_CHANGES = st.builds(
    Change,
    st.sampled_from(KINDS),
    st.integers(1, 6),
    st.integers(1, 4),
    st.sampled_from([10, 20, 30]),
)
_ROUNDS = st.builds(
    Round,
    st.lists(_CHANGES, min_size=1, max_size=4).map(tuple),
    st.lists(st.sampled_from(list(READS)), min_size=1, unique=True).map(tuple),
    st.sampled_from([1, 4]),
    st.booleans(),
)


def schedules(rounds: int) -> st.SearchStrategy[tuple[Round, ...]]:
    """Draw so many rounds; all consumers run in the last one."""
    drawn = st.lists(_ROUNDS, min_size=rounds, max_size=rounds)
    return drawn.map(lambda found: (*found[:-1], replace(found[-1], consumers=tuple(READS))))


def apply(lake: TillLake, change: Change) -> None:
    """Let a change happen."""
    match change.kind:
        case "compact":
            lake.compact(UPSTREAM)
        case "expire":
            lake.expire(UPSTREAM)
        case "replace":
            lake.replace(UPSTREAM, f"not (sale_id <=> {change.sale_id})")
        case "rollback":
            line = lake.line(UPSTREAM)
            to = line[min(change.day, len(line) - 1)]
            lake.sql(f"call lake.system.rollback_to_snapshot('{UPSTREAM}', {to})")
        case _:
            lake.sql(_statement(change))


_TIME = "timestamp '2025-07-01 00:00:00'"


def _statement(change: Change) -> str:
    same = f"sale_id <=> {change.sale_id}"
    day = f"date '2025-07-{change.day:02}'"
    new_id = "null" if change.day == 1 else change.day
    row = f"({change.sale_id}, {day}, {change.amount}, {_TIME}, false, {_TIME})"
    return {
        "append": f"insert into {UPSTREAM} values {row}",
        "update": f"update {UPSTREAM} set amount = {change.amount} where {same}",
        "move": f"update {UPSTREAM} set sold_date = {day} where {same}",
        "rekey": f"update {UPSTREAM} set sale_id = {new_id} where {same}",
        "delete": f"delete from {UPSTREAM} where {same} or sale_id is null",
        "overwrite": f"insert overwrite {UPSTREAM} select * from {UPSTREAM} where not ({same})",
        "merge": _merge(change),
    }[change.kind]


def _merge(change: Change) -> str:
    """Delete sales of one id, update those of the next, insert where there is none of a third."""
    gone, kept, new = (1 + (change.sale_id + number) % 6 for number in range(3))
    return (
        f"merge into {UPSTREAM} as target using (select id as sale_id, gone,"
        f" date '2025-07-{change.day:02}' as sold_date, {change.amount} as amount,"
        f" {_TIME} as updated_at, false as is_deleted, {_TIME} as _ingested_at"
        f" from values ({gone}, true), ({kept}, false), ({new}, false) as v (id, gone)) as source"
        " on target.sale_id = source.sale_id"
        " when matched and source.gone then delete"
        " when matched then update set amount = source.amount"
        " when not matched and not source.gone then insert *"
    )


Figures = Mapping[Any, Any]


def expected(lake: TillLake, consumer: str) -> Figures:
    """Return what a consumer holds, computed from all that its upstream holds now."""
    upstream = lake.catalog.load_table(READS[consumer]).scan().to_arrow().to_pylist()
    if consumer == DAILY:
        sums: Counter[date] = Counter()
        for row in upstream:
            sums[row["sold_date"]] += row["amount"]
        counts = Counter(row["sold_date"] for row in upstream)
        return {day: (sums[day], count) for day, count in counts.items()}
    if consumer == BEST:
        best = sorted(upstream, key=lambda row: (-row["amount"], row["sold_date"]))
        return {place: row["sold_date"] for place, row in enumerate(best, 1)}
    if consumer == AMOUNTS:
        return Counter(row["amount"] for row in upstream)
    large: Counter[bool] = Counter()
    for row in upstream:
        large[row["is_large"]] += row["sales_count"]
    return large


def actual(lake: TillLake, consumer: str) -> Figures:
    """Return the same figures as they stand in a consumer's table."""
    rows = lake.catalog.load_table(consumer).scan().to_arrow().to_pylist()
    columns = {
        DAILY: lambda row: (row["sold_date"], (row["amount"], row["sales_count"])),
        BEST: lambda row: (row["place"], row["sold_date"]),
        AMOUNTS: lambda row: (row["amount"], row["sales_count"]),
        SIZES: lambda row: (row["is_large"], row["sales_count"]),
    }[consumer]
    found = dict(map(columns, rows))
    assert len(found) == len(rows), f"{consumer} has a key twice: {rows}"
    return found
