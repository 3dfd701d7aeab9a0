"""How the lake runs, on rows that can be counted by hand."""

import json

from dashboard.queries import operations, quarantine
from tests.unit.dashboard.tables import at, rows, table

LOADS = table(
    finished_at=[at(8, 5), at(8, 50), at(9)],
    source=["shop", "cars", "shop"],
    table_name=["orders", "events", "orders"],
    load_mode=["full", "append", "full"],
    rows_read_count=[3, 4, 5],
    rows_landed_count=[2, 4, 5],
    rows_quarantined_count=[1, 0, 0],
    seconds=[0.123, 1.0, 2.0],
    notes=["a", None, None],
)


def test_loads_are_added_up_by_hour() -> None:
    found = operations.rows_by_load(LOADS)
    assert rows(found, "hour_at", "rows_landed_count") == [(at(8), 6), (at(9), 5)]


def test_the_newest_load_comes_first() -> None:
    found = operations.newest_loads(LOADS, limit=2)
    assert rows(found, "table_name", "rows_read_count") == [("shop.orders", 5), ("cars.events", 4)]


RUNS = table(
    started_at=[at(1), at(2), at(1), at(3)],
    model_name=["gold.a", "gold.a", "gold.b", "gold.c"],
    task_name=[None, None, None, "c"],
    trigger=["dbt", "dbt", "dbt", "schedule"],
    mode=["full", "incremental", "full", "skipped"],
    outcome=["success", "failed", "success", "skipped"],
    rows_written_count=[1, 2, 3, 0],
    seconds=[9.0, 1.0, 2.0, 0.0],
    error=[None, "boom", None, None],
    reason=["first", "changed", "first", "nothing new"],
)


def test_a_model_is_as_slow_as_its_newest_run() -> None:
    found = operations.slowest_models(RUNS)
    assert rows(found, "model_name", "seconds") == [("gold.b", 2.0), ("gold.a", 1.0)]


def test_a_failed_run_says_its_error() -> None:
    found = operations.newest_runs(RUNS, limit=2)
    assert rows(found, "model_name", "said") == [("gold.c", "nothing new"), ("gold.a", "boom")]


RESULTS = table(
    invocation_id=["i1", "i1", "i2", "i2", "i2"],
    test_name=["t1", "t2", "t1", "t2", "t3"],
    model_name=["m", "m", "m", "m", "m"],
    status=["fail", "pass", "pass", "warn", "error"],
    severity=["error", "error", "error", "warn", "error"],
    failures_count=[3, 0, 0, 2, None],
    executed_at=[at(1), at(1), at(2), at(2), at(2)],
)


def test_a_test_fails_by_its_newest_result() -> None:
    """t1 was repaired; t2 warns since; an error stands above a warning."""
    found = operations.failing_tests(RESULTS)
    assert rows(found, "test_name", "status") == [("t3", "error"), ("t2", "warn")]


def test_results_of_a_run_are_counted_together() -> None:
    found = operations.tests_by_run(RESULTS)
    assert rows(found, "executed_at", "status", "tests_count") == [
        (at(1), "fail", 1),
        (at(1), "pass", 1),
        (at(2), "error", 1),
        (at(2), "pass", 1),
        (at(2), "warn", 1),
    ]


def test_rules_that_hold_back_most_come_first() -> None:
    set_aside = table(table_name=["a", "b", "b"], rule=["r", "r", "r"])
    found = operations.rejections_by_rule(set_aside)
    assert rows(found, "rule", "rows_count") == [("b: r", 2), ("a: r", 1)]


def test_a_publication_counts_its_tables_and_rows() -> None:
    published = table(
        publication_id=[1, 2],
        published_at=[at(1), at(2)],
        kind=["publish", "rollback"],
        git_commit=["abc", None],
        areas=['["shop", "bakery"]', None],
        tables=['{"gold.a": {"rows": 2}, "gold.b": {"rows": 3}}', None],
        tests=['{"pass": 5}', None],
    )
    found = operations.publications(published)
    assert rows(found, "publication_id", "areas", "tables_count", "rows_count", "tests") == [
        (2, "", 0, 0, ""),
        (1, "shop, bakery", 2, 5, "5 pass"),
    ]
    assert operations.rollback_command("1").split() == ["firn", "rollback", "1"]


LANDING = table(
    table_name=["people", "sales"],
    rule=["not_representable", "key_is_null"],
    reason=["email: 'jane@x' is too long", "the key is null"],
    place=[json.dumps({"file": "a.csv", "row": "3", "header": "jane"}), "{}"],
    key=['{"email": "jane@x"}', '{"id": null}'],
    row=['{"email": "jane@x"}', '{"id": null}'],
    _ingested_at=[at(1), at(2)],
)


def test_a_row_with_personal_data_shows_rule_column_and_position() -> None:
    found = quarantine.samples(LANDING, {"sales"})
    columns = ("rule", "column", "position", "reason", "content")
    assert rows(found, *columns) == [
        ("not_representable", "email", "file a.csv, row 3", None, quarantine.HIDDEN),
        ("key_is_null", None, '{"id": null}', "the key is null", '{"id": null}'),
    ]


def test_a_table_that_nobody_declares_shows_nothing() -> None:
    found = quarantine.samples(LANDING, ())
    assert "jane" not in str(found.to_pylist())
    silver = table(
        table_name=["people"],
        rule_name=["known"],
        reason=["expected country = 'DE'"],
        row_key=['{"email": "jane@x"}'],
        row_json=['{"email": "jane@x"}'],
        _load_id=["l1"],
        _ingested_at=[at(1)],
    )
    [row] = quarantine.samples(silver, ()).to_pylist()
    assert "jane" not in str(row)
    assert (row["position"], row["reason"]) == ("load l1", "expected country = 'DE'")
    [row] = quarantine.samples(silver, {"people"}).to_pylist()
    assert row["content"] == row["position"] == '{"email": "jane@x"}'
