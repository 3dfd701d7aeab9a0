"""Upstream columns added, dropped, renamed, widened, narrowed and retyped, under each policy."""

from decimal import Decimal

import pytest

from lake.errors import ConfigurationError
from tests.integration.evolution.evolving import Evolving
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

POLICIES = ("rescue", "evolve", "freeze")
GOLD = {"label": "a", "items_count": 1, "largest_size": 10, "highest_price": Decimal("1.50")}
# what happens to the column, and what undoes it
BREAKING = {
    "dropped": (
        "alter table items drop column price",
        "alter table items add column price numeric(8,2) default 1.50",
    ),
    "renamed": (
        "alter table items rename column price to amount",
        "alter table items rename column amount to price",
    ),
    "widened": (
        "alter table items alter column size type bigint",
        "alter table items alter column size type int",
    ),
    "narrowed below what is declared": (
        "alter table items alter column price type numeric(8,1)",
        "alter table items alter column price type numeric(8,2)",
    ),
    "retyped": (
        "alter table items alter column size type text",
        "alter table items alter column size type int using size::int",
    ),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_an_added_column(evolving: Evolving, policy: str) -> None:
    evolving.begin(policy)
    evolving.execute("alter table items add column weight numeric(8,3)")
    evolving.execute("insert into items values (2, 'a', 20, 2.50, default, 0.125)")
    if policy == "freeze":
        with pytest.raises(ConfigurationError, match="weight: new in the database"):
            evolving.lakehouse.ingest()
    else:
        notes = " ".join(evolving.lakehouse.ingest().notes)
        assert "weight" in notes
        kept = evolving.rows("raw_app.items", "item_id")[1]
        in_raw = kept.get("weight"), kept["_rescued"]
        assert in_raw == (
            (None, '{"weight": 0.125}') if policy == "rescue" else (Decimal("0.125"), None)
        )
    evolving.build()
    silver = evolving.rows("silver.app__items", "item_id")
    assert [row["item_id"] for row in silver] == ([1] if policy == "freeze" else [1, 2])
    assert "weight" not in silver[0]
    both = {**GOLD, "items_count": 2, "largest_size": 20, "highest_price": Decimal("2.50")}
    assert evolving.rows("gold.labels", "label") == [GOLD if policy == "freeze" else both]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_change_that_breaks_the_declaration(evolving: Evolving, policy: str) -> None:
    """Nothing is landed, so nothing can fill with NULL; silver and gold stay as they are."""
    evolving.begin(policy)
    before = evolving.snapshots()
    for change, undoing in BREAKING.values():
        evolving.execute(change)
        with pytest.raises(ConfigurationError, match="app.items"):
            evolving.lakehouse.ingest()
        evolving.execute(undoing)
    evolving.build()
    assert evolving.snapshots() == before
    assert evolving.rows("gold.labels", "label") == [GOLD]


def test_a_column_narrowed_within_its_declaration(evolving: Evolving) -> None:
    evolving.begin()
    evolving.execute("alter table items alter column price type numeric(6,2)")
    evolving.execute("insert into items values (2, 'b', 20, 2.50)")
    evolving.lakehouse.ingest()
    evolving.build()
    assert [row["highest_price"] for row in evolving.rows("gold.labels", "label")] == [
        Decimal("1.50"),
        Decimal("2.50"),
    ]


def test_a_column_widened_in_database_and_declaration(evolving: Evolving) -> None:
    evolving.begin()
    evolving.execute("alter table items alter column size type bigint")
    evolving.execute("alter table items alter column price type numeric(12,2)")
    evolving.execute("insert into items values (2, 'b', 9007199254740993, 1234567890.12)")
    evolving.declare(size="bigint", price="decimal(12,2)")
    evolving.lakehouse.ingest()
    with pytest.raises(DbtFailedError, match="contract"):
        evolving.build()
    assert evolving.rows("gold.labels", "label") == [GOLD]
    evolving.edit(
        "gold/labels.yml",
        ("largest_size, data_type: int", "largest_size, data_type: bigint"),
        ("decimal(8,2)", "decimal(12,2)"),
    )
    evolving.build()
    wide = {
        "label": "b",
        "items_count": 1,
        "largest_size": 9007199254740993,
        "highest_price": Decimal("1234567890.12"),
    }
    assert evolving.rows("gold.labels", "label") == [GOLD, wide]


def test_a_newly_declared_column_reaches_gold(evolving: Evolving) -> None:
    """By editing YAML and SQL only: no full refresh, and what had been rescued is not lost."""
    evolving.begin()
    evolving.execute("alter table items add column weight numeric(8,3)")
    evolving.execute("insert into items values (2, 'a', 20, 2.50, default, 0.125)")
    evolving.lakehouse.ingest()
    evolving.execute("insert into items values (3, 'b', 30, 3.50, default, 0.250)")
    evolving.declare(weight="decimal(8,3)")
    notes = " ".join(evolving.lakehouse.ingest().notes)
    assert "new: weight; rows landed before hold NULL there" in notes
    weight = "{{ landed_or_rescued('weight', 'decimal(8,3)') }} as weight,"
    evolving.edit("silver/app__items.sql", ("price,", f"price,\n        {weight}"))
    evolving.edit(
        "gold/labels.sql",
        ("max(price) as highest_price", "max(price) as highest_price, sum(weight) as weight"),
    )
    evolving.edit(
        "gold/labels.yml",
        ('"decimal(8,2)"}', '"decimal(8,2)"}\n      - {name: weight, data_type: "decimal(18,3)"}'),
    )
    before = evolving.snapshots()
    evolving.build()
    weights = {row["label"]: row["weight"] for row in evolving.rows("gold.labels", "label")}
    assert weights == {"a": Decimal("0.125"), "b": Decimal("0.250")}
    after = evolving.snapshots()
    assert all(after[name] >= before[name] for name in after), "history is kept"


def test_a_column_that_is_declared_no_more(evolving: Evolving) -> None:
    evolving.begin("evolve")
    evolving.execute("alter table items add column weight numeric(8,3)")
    evolving.execute("insert into items values (2, 'a', 20, 2.50, default, 0.125)")
    evolving.lakehouse.ingest()
    evolving.execute("alter table items drop column weight")
    evolving.execute("insert into items values (3, 'a', 30, 3.50)")
    notes = " ".join(evolving.lakehouse.ingest().notes)
    assert "not read any more: weight; rows hold NULL there from now on" in notes
