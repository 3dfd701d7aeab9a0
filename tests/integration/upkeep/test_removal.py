"""Rows leave a staging table and every model goes on; what would lose rows is refused."""

from datetime import timedelta

import pytest

from lake.lake import Lake
from lake.removed_rows import PROPERTY
from operations.dbt.manifest import read_manifest
from operations.maintenance.policies import load_policies
from operations.maintenance.retention import Removal, plan_removal, remove_all_consumed
from operations.maintenance.run import maintain_lake, plan_lake
from sandbox.postgres import EmbeddedPostgres
from tests.integration.ingestion.fixtures import OWNER, READER
from tests.integration.ingestion.lakehouse import Lakehouse
from tests.integration.upkeep.upkeep_lake import RAW, REJECTED, SILVER, UpkeepLake
from tests.warm_dbt import DbtFailedError, WarmDbt

pytestmark = [pytest.mark.spark, pytest.mark.postgres]
TABLE = ("raw_app", "items")
AT_ONCE = timedelta(0)
POLICY = "maintenance: {compact_above: 2, expire_after: 7 days, remove_consumed_after: 0 seconds}"
OLD_POLICY = "maintenance: {compact_above: 2, expire_after: 0 seconds, keep_last: 1}"


@pytest.fixture(scope="module")
def staging(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory, warm_dbt: WarmDbt
) -> UpkeepLake:
    """Return a lake of its own, filled and built once; rows leave as soon as they are consumed."""
    postgres.ensure_role(OWNER)
    postgres.ensure_role(READER, ["pg_read_all_data", "pg_read_all_stats"])
    postgres.ensure_database("staging", OWNER)
    folder = tmp_path_factory.mktemp("staging")
    source = Lakehouse(folder, postgres.url(OWNER, "staging"), postgres.url(READER, "staging"))
    lake = UpkeepLake.lay_out(source, warm_dbt)
    lake.edit("raw/app.yml", OLD_POLICY, POLICY)
    lake.add(1, 20, "common")
    lake.add(21, 22, "bad", amount="0")
    lake.take_in()
    return lake


def plan(staging: UpkeepLake, after: timedelta = AT_ONCE) -> Removal:
    settings = staging.source.settings
    return plan_removal(Lake(settings), read_manifest(settings), TABLE, after)


def remove(staging: UpkeepLake) -> int:
    """Remove what may go, as a follower does."""
    settings = staging.source.settings
    policies = load_policies(settings.project_dir)
    return remove_all_consumed(settings, Lake(settings), policies, [TABLE])


def ids(staging: UpkeepLake, table: str = RAW) -> list[int]:
    return sorted(row["item_id"] for row in staging.rows(table))


def test_rows_leave_when_all_have_them_and_no_model_reads_all_again(staging: UpkeepLake) -> None:
    """Fault suspended-reader: a model that is not built keeps what it has not read."""
    assert plan(staging, timedelta(hours=1)).up_to == 0, "an hour has not passed"
    assert remove(staging) == 22
    assert ids(staging) == []

    staging.add(23, 25, "late")
    staging.source.ingest()
    staging.build("run", "--select", "app__items")
    assert staging.modes("silver/app__items") == {"incremental"}
    assert remove(staging) == 0
    assert plan(staging).held == ("quarantine.app__rejected has not read on since",)
    assert ids(staging) == [23, 24, 25]

    staging.build()
    assert staging.modes("quarantine/app__rejected") == {"incremental"}
    assert remove(staging) == 3
    assert ids(staging, SILVER) == [*range(1, 21), 23, 24, 25]
    assert len(staging.rows(REJECTED)) == 2
    staging.assert_right()
    staging.build("test", "--exclude-resource-type", "unit_test")


def test_maintenance_plans_says_and_does_it(staging: UpkeepLake) -> None:
    staging.add(30, 31, "more")
    staging.take_in()
    settings = staging.source.settings
    [planned] = plan_lake(settings, [RAW])
    assert planned.removable_rows == 2
    assert not planned.compacts_data, "its files go one by one"
    done = maintain_lake(settings, [RAW], lambda *_: None, apply=True)
    assert ([work.removed_rows for work in done.done], ids(staging)) == ([2], [])


def test_what_would_lose_rows_is_refused(staging: UpkeepLake) -> None:
    """Fault rebuilt-from-staging."""
    before = staging.rows(SILVER)
    with pytest.raises(DbtFailedError, match="would be made without the rows that have left"):
        staging.build("run", "--select", "app__items", "--full-refresh")
    assert staging.rows(SILVER) == before


def test_an_edited_model_keeps_what_is_gone_upstream(staging: UpkeepLake) -> None:
    """Fault rebuilt-from-staging: it merges what is still there, by its new definition."""
    before = ids(staging, SILVER)
    staging.add(40, 40, "edited")
    staging.source.ingest()
    staging.edit("silver/app__items.sql", "        label,\n", "        upper(label) as label,\n")
    staging.build("run", "--select", "app__items")
    assert staging.modes("silver/app__items") == {"full"}
    labels = {row["item_id"]: row["label"] for row in staging.rows(SILVER)}
    assert sorted(labels) == [*before, 40]
    assert (labels[1], labels[40]) == ("common", "EDITED")
    staging.build()
    assert staging.modes("silver/app__items") == {"unchanged"}


def test_a_rebuild_may_be_accepted_and_a_full_load_brings_all_back(staging: UpkeepLake) -> None:
    assert remove(staging) == 1
    accepted = ("--vars", "{accept_removed_rows: true}")
    staging.build("run", "--select", "app__items", "--full-refresh", *accepted)
    assert ids(staging, SILVER) == []

    staging.source.ingest(full_refresh=True)
    assert PROPERTY not in staging.table(RAW).properties
    staging.build("run", "--full-refresh")
    assert len(ids(staging, SILVER)) == 26
    staging.build("test", "--exclude-resource-type", "unit_test")
