"""How a refresh is planned: what changed upstream, and the model's wish -> mode and reason."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.types import StringType

from lake.empty_commit import commit_nothing
from lake.errors import FirnError
from lake.lake import Lake, open_catalog
from lake.settings import Settings
from lake.snapshots import changed_by
from lake.stream_offsets import PROPERTY, stream_offsets
from operations.refresh import plan as planning
from operations.refresh.history import Mode
from operations.refresh.offsets import advance_offsets
from operations.refresh.plan import Model, RefreshMode, RefreshPlan, plan_refresh

ROOT = Path(__file__).parents[4]
SALES, DAILY = ("silver", "sales"), ("gold", "daily")
SQL = "select day, sum(amount) as amount from silver.sales group by day"
SCHEMA = pa.schema([("day", pa.int64()), ("amount", pa.int64())])


class Shop:
    """A silver table, and a mart that has read it when it was filled first."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.catalog = open_catalog(settings)
        for identifier in (SALES, DAILY):
            self.catalog.create_namespace_if_not_exists(identifier[0])
            self.catalog.create_table(identifier, SCHEMA)
        self.sell(*range(10))
        self.catalog.load_table(DAILY).append(pa.table({"day": [1], "amount": [9]}, SCHEMA))
        self.read()

    @property
    def lake(self) -> Lake:
        """The lake, nothing of it known."""
        return Lake(self.settings)

    def sell(self, *days: int) -> None:
        """Add a sale of 1 on each of some days."""
        rows = pa.table({"day": list(days), "amount": [1 for _ in days]}, SCHEMA)
        self.catalog.load_table(SALES).append(rows)

    def read(self, mode: RefreshMode = RefreshMode.AUTO, sql: str = SQL) -> None:
        """Let the mart have read all that there is."""
        plan = plan_refresh(self.lake, Model("gold.daily", sql, ("day",), mode))
        commit_nothing(self.lake, DAILY, {PROPERTY + "gold.daily": plan.offsets})

    def plan(self, mode: RefreshMode = RefreshMode.AUTO, sql: str = SQL) -> RefreshPlan:
        """Plan the mart's refresh."""
        consumed = stream_offsets(self.lake, DAILY)
        return plan_refresh(self.lake, Model("gold.daily", sql, ("day",), mode, consumed))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop in a lake of its own."""
    return Shop(Settings(project_dir=ROOT, home=tmp_path / "home"))


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an incremental refresh cost three rows of a rebuild for each that changed."""
    monkeypatch.setattr(planning, "FIXED_ROWS", 0)
    monkeypatch.setattr(planning, "FIXED_ROWS_LEFT", 0)
    monkeypatch.setattr(planning, "ROWS_PER_CHANGE", 3)


def test_nothing_new_is_skipped(shop: Shop) -> None:
    plan = shop.plan()
    assert (plan.mode, plan.reason) == (Mode.SKIPPED, "nothing new upstream")
    assert "/* firn:stream silver.sales unchanged " in plan.query


@pytest.mark.usefixtures("large")
def test_little_that_changed_is_refreshed_alone(shop: Shop) -> None:
    shop.sell(3)
    plan = shop.plan()
    assert (plan.mode, plan.reason) == (Mode.INCREMENTAL, "1 row of silver.sales")
    assert plan.derivation
    assert plan.derivation.key == ("day",)
    head = plan.upstreams[0].head
    assert not plan.derivation.restricted_script.views
    assert f"(\nselect * from silver.sales version as of {head}\n) as" in plan.sql
    assert f"/* firn:stream silver.sales incremental {head}:" in plan.query


@pytest.mark.usefixtures("large")
def test_much_that_changed_is_rebuilt(shop: Shop) -> None:
    shop.sell(*range(10))
    plan = shop.plan()
    assert plan.mode == Mode.FULL
    assert plan.reason == "10 of 20 rows upstream changed: 10 rows of silver.sales"
    assert shop.plan(RefreshMode.INCREMENTAL).mode == Mode.INCREMENTAL


def test_small_tables_are_rebuilt(shop: Shop) -> None:
    shop.sell(3)
    plan = shop.plan()
    assert (plan.mode, plan.reason[:26]) == (Mode.FULL, "only 11 rows upstream: 1 r")
    assert f"version as of {plan.upstreams[0].head}" in plan.sql


def test_full_is_a_wish(shop: Shop) -> None:
    shop.sell(3)
    plan = shop.plan(RefreshMode.FULL)
    assert (plan.mode, plan.reason) == (Mode.FULL, "refresh_mode is full")


def test_an_edited_model_is_rebuilt(shop: Shop) -> None:
    plan = shop.plan(RefreshMode.INCREMENTAL, SQL.replace("sum", "max"))
    assert (plan.mode, plan.reason) == (Mode.FULL, "its definition changed")


def test_a_first_build_says_so(shop: Shop) -> None:
    plan = plan_refresh(shop.lake, Model("gold.daily", SQL, ("day",)))
    assert plan.mode == Mode.FULL
    assert "first time" in plan.reason


def test_an_upstream_that_went_back_rebuilds(shop: Shop) -> None:
    table = shop.catalog.load_table(SALES)
    first = table.current_snapshot()
    assert first
    shop.sell(3)
    shop.read()
    table.refresh()
    table.manage_snapshots().rollback_to_snapshot(first.snapshot_id).commit()
    plan = shop.plan(RefreshMode.INCREMENTAL)
    assert plan.mode == Mode.FULL
    assert plan.reason.startswith("silver.sales: it was rolled back")


def test_a_new_column_upstream_rebuilds(shop: Shop) -> None:
    table = shop.catalog.load_table(SALES)
    with table.update_schema() as update:
        update.add_column("shop", StringType())
    shop.sell(3)
    plan = shop.plan(RefreshMode.INCREMENTAL)
    assert (plan.mode, plan.reason) == (Mode.FULL, "silver.sales changed its columns shop")


def test_what_cannot_be_derived_is_rebuilt_or_refused(shop: Shop) -> None:
    ranked = "select day, row_number() over (order by day) as amount from silver.sales"
    shop.read(sql=ranked)
    shop.sell(3)
    plan = shop.plan(sql=ranked)
    assert plan.mode == Mode.FULL
    assert "a window without PARTITION BY" in plan.reason
    with pytest.raises(FirnError, match="without PARTITION BY"):
        shop.plan(RefreshMode.INCREMENTAL, ranked)


def test_sql_that_cannot_be_parsed_is_rebuilt_when_something_changed(shop: Shop) -> None:
    odd = Model("gold.daily", "select from where )", ("day",), upstreams=("silver.sales",))
    first = plan_refresh(shop.lake, odd)
    read = replace(odd, consumed=json.loads(first.offsets))
    assert plan_refresh(shop.lake, read).mode == Mode.SKIPPED
    shop.sell(3)
    plan = plan_refresh(shop.lake, read)
    assert (plan.mode, plan.sql) == (Mode.FULL, odd.sql)
    with pytest.raises(FirnError):
        plan_refresh(shop.lake, replace(read, refresh_mode=RefreshMode.INCREMENTAL))


def test_a_model_that_reads_itself_is_refused(shop: Shop) -> None:
    with pytest.raises(FirnError, match="gold.daily reads itself"):
        shop.plan(sql="select * from gold.daily")


def test_a_mode_that_there_is_not_is_named() -> None:
    assert RefreshMode.of("INCREMENTAL") == RefreshMode.INCREMENTAL
    with pytest.raises(FirnError, match="refresh_mode is 'sometimes'"):
        RefreshMode.of("sometimes")


@pytest.mark.usefixtures("large")
def test_affected_keys_decide_at_last(shop: Shop) -> None:
    shop.sell(3)
    plan = shop.plan()
    assert plan.decided(1, 1) == plan
    most = plan.decided(1, 50)
    assert (most.mode, most.reason[:26]) == (Mode.FULL, "50 rows of its own reached")
    assert most.derivation
    assert most.sql == most.derivation.full
    none = plan.decided(0, 0)
    assert (none.mode, none.reason) == (
        Mode.SKIPPED,
        "no row is reached by 1 row of silver.sales",
    )
    wanted = replace(plan, model=replace(plan.model, refresh_mode=RefreshMode.INCREMENTAL))
    assert wanted.decided(1, 50).mode == Mode.INCREMENTAL


@pytest.mark.usefixtures("large")
def test_keys_that_cannot_be_found_mean_a_rebuild(shop: Shop) -> None:
    shop.sell(3)
    plan = shop.plan().given_up("[CAST_INVALID_INPUT] 'x' is no number")
    assert (plan.mode, plan.reason) == (
        Mode.FULL,
        "its affected keys could not be found: [CAST_INVALID_INPUT] 'x' is no number",
    )
    with pytest.raises(FirnError, match="gold.daily: its affected keys could not be found"):
        shop.plan(RefreshMode.INCREMENTAL).given_up("whatever")


@pytest.mark.usefixtures("large")
def test_offsets_move_without_a_row(shop: Shop) -> None:
    shop.sell(3)
    plan = shop.plan().decided(0, 0)
    rows = shop.lake.catalog.load_table(DAILY).scan().count()
    changed = changed_by(shop.lake, DAILY)
    advance_offsets(shop.lake, plan)
    assert changed_by(shop.lake, DAILY) == changed, "nothing new for those that read the mart"
    assert shop.lake.catalog.load_table(DAILY).scan().count() == rows == 1
    assert stream_offsets(shop.lake, DAILY) == json.loads(plan.offsets)
    assert shop.catalog.load_table(DAILY).scan().to_arrow().num_rows == 1
    assert shop.plan().mode == Mode.SKIPPED
