"""What becomes of a run by dbt, and what readers of gold see of it."""

import json

import pytest

from lake.lake import Lake
from operations.monitoring.show import Version, newest_rows
from operations.monitoring.test_results import last_tests
from operations.publication.book import read_publications
from operations.publication.rollback import roll_back
from operations.publication.run import INVOCATION
from tests.integration.publication.published_lake import FACTS, TOO_MUCH, TOTALS, PublishedLake
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark


def test_a_run_is_published_whole(lake: PublishedLake) -> None:
    lake.sell(1, 2)
    lake.publish()
    assert lake.amounts() == [1, 2]
    lake.sell(3, first=3)
    lake.publish()
    assert lake.amounts() == [1, 2, 3]
    later, first = read_publications(Lake(lake.settings))
    assert (first.areas, later.areas) == (("reports", "till"), ("reports", "till"))
    assert [first.tables["gold.facts"].rows, later.tables["gold.facts"].rows] == [2, 3]
    assert later.tests == {"pass": 1}
    raw = lake.line("raw_till.sales")[0]
    assert later.sources == {"raw_till.sales": {"silver.till__sales": str(raw)}}
    assert lake.refs() == {"main"}


def test_a_failed_test_leaves_what_was_published(lake: PublishedLake) -> None:
    """Fault failed-gold-test: readers see the last publication, whoever looks what was refused."""
    lake.sell(1, 2)
    lake.publish()
    lake.sell(TOO_MUCH, first=3)
    lake.fail()

    assert lake.amounts() == [1, 2]
    refused = newest_rows(lake.settings, "gold.facts", 10, Version(is_rejected=True))
    assert refused.state.rows == 3
    assert len(refused.rows) == 3

    lake.sell(-TOO_MUCH, first=4)
    lake.publish()
    assert lake.amounts() == [-TOO_MUCH, 1, 2, TOO_MUCH]
    assert lake.refs() == {"main"}


def test_the_first_run_of_all_may_fail(lake: PublishedLake) -> None:
    lake.sell(TOO_MUCH)
    lake.fail()
    assert not any(lake.read().values())
    assert read_publications(Lake(lake.settings)) == []

    lake.sell(-TOO_MUCH, first=2)
    lake.publish()
    assert lake.amounts() == [-TOO_MUCH, TOO_MUCH]


def test_a_selection_publishes_what_it_selects(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    lake.sell(2, first=2)
    lake.publish("--select", "+facts")
    seen = lake.read()
    assert [len(seen[FACTS]), seen[TOTALS][0]["sales_count"]] == [2, 1]
    lake.publish("--select", "totals", "best_days")
    assert lake.amounts() == [1, 2]


def test_models_alone_do_not_publish_a_table_that_has_tests(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    lake.sell(2, first=2)
    lake.dbt("run")
    assert lake.amounts() == [1]
    lake.dbt("run", FIRN_PUBLISH_UNTESTED="yes")
    assert lake.amounts() == [1, 2]


def test_run_and_then_test_publish(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    lake.sell(2, first=2)
    lake.dbt("run")
    assert lake.amounts() == [1]
    lake.dbt("test", "--exclude", "tag:flaky")
    assert lake.amounts() == [1, 2]
    assert len(read_publications(Lake(lake.settings))) == 2
    lake.dbt("test", "--exclude", "tag:flaky")
    assert len(read_publications(Lake(lake.settings))) == 2


def test_a_rollback_is_not_undone_by_a_test(lake: PublishedLake) -> None:
    """What `dbt run` left follows from rows that were taken back since."""
    lake.sell(1)
    lake.publish()
    lake.sell(2, first=2)
    lake.publish()
    lake.sell(3, first=3)
    lake.dbt("run")
    roll_back(Lake(lake.settings))
    lake.dbt("test", "--exclude", "tag:flaky")
    assert lake.amounts() == [1]


def test_a_test_that_fails_after_a_run_refuses_it(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    lake.sell(TOO_MUCH, first=2)
    lake.dbt("run")
    with pytest.raises(DbtFailedError, match="totals_are_small"):
        lake.dbt("test", "--exclude", "tag:flaky")
    assert lake.amounts() == [1]


def test_a_retry_publishes_what_had_gone_well_too(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    lake.sell(2, first=2)
    lake.edit("gold/till/totals.sql", "sum(amount)", "sum(amont)")
    assert "amont" in lake.fail()
    lake.edit("gold/till/totals.sql", "sum(amont)", "sum(amount)")

    lake.dbt("retry")

    assert lake.amounts() == [1, 2]
    assert lake.refs() == {"main"}
    [entry] = read_publications(Lake(lake.settings), 1)
    assert entry.areas == ("reports", "till")
    assert entry.tests == {"pass": 1}


def test_nothing_new_publishes_nothing(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    lake.publish()
    assert len(read_publications(Lake(lake.settings))) == 1


def test_a_full_refresh_replaces_rows_and_keeps_what_was_published(lake: PublishedLake) -> None:
    lake.sell(1, 2)
    lake.publish()
    lake.sell(3, first=3)
    lake.publish("--full-refresh")
    assert lake.amounts() == [1, 2, 3]
    roll_back(Lake(lake.settings))
    assert lake.amounts() == [1, 2]
    lake.publish()
    assert lake.amounts() == [1, 2, 3]


def test_after_a_rollback_the_next_run_goes_on_from_there(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    lake.sell(2, first=2)
    lake.publish()
    roll_back(Lake(lake.settings))
    lake.sell(3, first=3)
    lake.publish()
    assert lake.amounts() == [1, 2, 3]


COUNT = "{name: sales_count, data_type: bigint}"


def test_a_new_column_comes_with_its_rows(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    lake.edit("gold/till/totals.sql", "count(*)", "max(amount) as largest,\n    count(*)")
    largest = "{name: largest, data_type: bigint}"
    lake.edit("gold/gold.yml", COUNT, f"{COUNT}\n      - {largest}")
    lake.sell(TOO_MUCH, first=2)
    lake.fail()
    [seen] = lake.read()[TOTALS]
    assert seen == {"total_id": 1, "sales_count": 1, "amount": 1, "largest": None}

    lake.sell(-TOO_MUCH, first=3)
    lake.publish()
    [seen] = lake.read()[TOTALS]
    assert (seen["sales_count"], seen["largest"]) == (3, TOO_MUCH)


def test_another_type_is_refused_unless_it_is_asked_for(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    lake.edit("gold/till/totals.sql", "count(*)", "cast(count(*) as string)")
    lake.edit("gold/gold.yml", COUNT, COUNT.replace("bigint", "string"))

    assert "dbt build --full-refresh --select totals" in lake.fail()

    assert lake.amounts() == [1]
    lake.publish("--full-refresh", "--select", "totals")
    assert lake.read()[TOTALS][0]["sales_count"] == "1"


def test_dbt_reads_as_of_a_publication(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    lake.sell(2, first=2)
    lake.publish()
    first, second = (read_publications(Lake(lake.settings), 2)[n].tables for n in (1, 0))

    lake.dbt("compile", "--select", "totals", "--vars", "publication: 1")

    compiled = (lake.settings.home / "target/compiled/firn/models/gold/till/totals.sql").read_text()
    assert f"gold.facts version as of {first['gold.facts'].snapshot_id}" in compiled
    assert str(second["gold.facts"].snapshot_id) not in compiled
    lake.dbt("test", "--exclude", "tag:flaky", "--vars", "publication: 1")
    with pytest.raises(DbtFailedError, match="dbt run writes"):
        lake.dbt("run", "--vars", "publication: 1")
    with pytest.raises(DbtFailedError, match="no publication 7: there are 1 to 2"):
        lake.dbt("compile", "--vars", "publication: 7")
    lake.sell(3, first=3)
    lake.publish()
    assert lake.amounts() == [1, 2, 3]


def test_declared_exports_are_of_what_is_published(lake: PublishedLake) -> None:
    """They are written after each publication, and not of a run that is refused."""
    file = lake.settings.project_dir / "exported" / "totals.csv"
    lake.sell(1, 2)
    lake.publish()
    assert file.read_text().splitlines() == ["total_id,sales_count,amount", "1,2,3"]
    lake.sell(TOO_MUCH, first=3)
    lake.fail()
    assert file.read_text().splitlines()[1] == "1,2,3"
    manifest = json.loads(file.with_name("firn-export.json").read_text())
    assert manifest["publication"] == 1


def test_how_tests_ended_is_kept(lake: PublishedLake) -> None:
    lake.sell(TOO_MUCH)
    lake.fail()
    red = last_tests(Lake(lake.settings))
    assert red
    assert (red.counts, red.failed) == ({"fail": 1}, {"totals_are_small": "fail"})
    lake.sell(-TOO_MUCH, first=2)
    lake.publish()
    kept = sorted(lake.rows("ops.test_results", "executed_at"), key=lambda row: row["executed_at"])
    assert [(row["test_name"], row["status"]) for row in kept] == [
        ("totals_are_small", "fail"),
        ("totals_are_small", "pass"),
    ]
    assert (kept[0]["model_name"], kept[0]["severity"], kept[0]["failures_count"]) == (
        "gold.totals",
        "error",
        1,
    )
    last = last_tests(Lake(lake.settings))
    assert last
    assert (last.counts, last.failed) == ({"pass": 1}, {})
    [found] = lake.rows("quarantine.test_failures", "executed_at")
    assert json.loads(found["failing_row"])["amount"] == TOO_MUCH


def test_a_test_is_run_again_where_that_is_declared(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    lake.dbt("test", "--select", "comes_right")
    with pytest.raises(DbtFailedError, match="never_right"):
        lake.dbt("test", "--select", "never_right")
    said = (lake.settings.home / "logs" / "dbt.log").read_text()
    assert said.count("never_right fails, and is run again (") == 2


def test_how_fresh_sources_are_is_kept(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    with pytest.raises(DbtFailedError):
        lake.dbt("source", "freshness")
    [found] = lake.rows("ops.source_freshness", "asked_at")
    assert (found["table_name"], found["status"]) == ("raw_till.sales", "error")
    assert found["age_seconds"] > 24 * 3600
    assert found["max_loaded_at"].year == 2025


def test_every_commit_of_a_run_says_which(lake: PublishedLake) -> None:
    lake.sell(1)
    lake.publish()
    [entry] = read_publications(Lake(lake.settings))
    for table in ("silver.till__sales", "gold.facts"):
        snapshot = lake.catalog.load_table(table).current_snapshot()
        assert snapshot
        assert snapshot.summary
        assert snapshot.summary[INVOCATION] == entry.invocation_id
