"""Pre-flight: every difference at once, each with its class and fix, and what happens about it."""

import pytest

from tests.integration.preflight.cars_lake import GOLD, LEDGER, OWNERS, RAW, SILVER, CarsLake

pytestmark = pytest.mark.spark

FORMAT_3 = "using iceberg tblproperties ('format-version' = '3')"


def test_all_missing_tables_are_named_at_once_and_nothing_is_built(lake: CarsLake) -> None:
    said = lake.refusal()
    assert "Nothing was built: 2 differences between declaration and lake in 2 tables" in said
    for table in ("reports", "owners"):
        line = next(line for line in said.splitlines() if f"raw_cars.{table} " in line)
        assert "does not exist" in line
        assert f"firn ingest cars.{table}, or empty: firn create raw_cars.{table}" in line
    assert not lake.catalog.table_exists(SILVER)
    recorded = [(row["table_name"], row["kind"], row["verdict"]) for row in lake.changes()]
    assert sorted(recorded) == [
        (OWNERS, "breaking", "stops the run"),
        (RAW, "breaking", "stops the run"),
    ]


def test_only_what_the_selection_needs_is_checked(lake: CarsLake) -> None:
    lake.create_raw()
    lake.report((1, "a", 1))
    lake.catalog.drop_table(OWNERS)
    said = lake.refusal("--select", "car_days")
    assert "dbt build --select +cars__reports, or empty: firn create silver.cars__reports" in said
    assert OWNERS not in said
    lake.build("--select", "cars__reports", "car_days")
    assert lake.days() == [(1, 1)]


def test_three_columns_where_eighteen_are_declared(lake: CarsLake) -> None:
    lake.create_raw()
    lake.report((1, "a", 1))
    lake.own("Ada")
    lake.create("silver")
    lake.sql(
        f"create or replace table {SILVER} (report_id bigint, car int, colour string) {FORMAT_3}"
    )
    before = lake.snapshots(SILVER)
    said = lake.refusal()
    found = {row["part"]: row for row in lake.changes()}
    missing = [part for part, row in found.items() if row["found"] == "no such column"]
    assert len(missing) == 16
    assert found["fuel"]["cure"] == f"alter table {SILVER} add column fuel decimal(10,2)"
    assert (found["car"]["declared"], found["car"]["found"]) == ("string", "int")
    assert found["car"]["cure"] == "dbt build --full-refresh --select cars__reports"
    assert found["colour"]["declared"] == "not declared"
    assert found["partitions"]["declared"] == "month(reported_at)"
    kinds = {part: row["kind"] for part, row in found.items() if part not in missing}
    assert kinds.pop("car") == kinds.pop("partitions") == "breaking"
    assert set(kinds.values()) == {"additive"}
    assert "cars__reports  fuel" in said
    assert lake.snapshots(SILVER) == before

    lake.build("--full-refresh", "--select", "cars__reports")
    assert lake.verify(SILVER) == {SILVER: []}
    assert [row["car"] for row in lake.rows(SILVER, "report_id")] == ["a"]


def test_what_loses_nothing_is_fixed_before_the_first_model(lake: CarsLake) -> None:
    lake.fill()
    assert not lake.catalog.table_exists(LEDGER)
    lake.sql(
        f"alter table {GOLD} drop column largest_mileage",
        f"alter table {GOLD} add column largest_mileage int",
        f"alter table {GOLD} unset tblproperties ('write.merge.mode')",
        "alter table silver.cars__owners drop column owner_name",
    )
    lake.own("Ada", "Grace")
    lake.build()
    verdicts = {(row["table_name"], row["part"]): row["verdict"] for row in lake.changes()}
    assert verdicts == {
        (GOLD, "largest_mileage"): "fixed now",
        (GOLD, "write.merge.mode"): "fixed now",
        ("silver.cars__owners", "owner_name"): "tolerated",
    }
    assert lake.changes()[0]["run_id"] == lake.changes()[-1]["run_id"]
    assert not any(lake.verify().values())


def test_a_frozen_table_stops_the_run_where_another_would_grow(lake: CarsLake) -> None:
    lake.create_raw()
    for name in (RAW, OWNERS):
        with lake.catalog.load_table(name).update_schema() as update:
            update.delete_column("name" if name == OWNERS else "fuel")
    said = lake.refusal()
    verdicts = {row["table_name"]: row["verdict"] for row in lake.changes()}
    assert verdicts == {OWNERS: "stops the run", RAW: "tolerated"}
    assert "2 additive" in said
