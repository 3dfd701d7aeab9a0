"""What pages say when tables are missing, empty, old in shape, damaged or changed meanwhile."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.reading.conditions import equals, since
from dashboard.reading.view import LakeView, MissingTableError
from lake.errors import ConfigurationError
from lake.lake import Lake
from lake.settings import Settings
from tests.integration.dashboard.fixed_lake import write_table
from tests.integration.dashboard.lake_rows import SALES, before
from tests.integration.ingestion.home import ROOT
from tests.lake_files import path_of

pytestmark = pytest.mark.browser

TABLE = "gold.sales_daily"
SHOP = "from dashboard.site import PAGES, show_page\nshow_page(PAGES[0])"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings of a lake with nothing in it."""
    monkeypatch.setenv("FIRN_HOME", str(tmp_path))
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(ROOT))
    return Settings(project_dir=ROOT, home=tmp_path)


def shown() -> AppTest:
    """Return the page of the shop."""
    found = AppTest.from_string(SHOP, default_timeout=60).run()
    assert not found.exception
    return found


def test_a_lake_without_tables_says_how_to_make_them(settings: Settings) -> None:
    said = [warning.value for warning in shown().warning]
    assert said[0].startswith("Nothing of shop has landed yet")
    assert "firn ingest shop" in said[0]
    assert "is not built yet" in said[1]
    assert "`dbt build --select +sales_daily`" in said[1]


def test_a_table_without_rows_says_so(settings: Settings) -> None:
    write_table(Lake(settings), TABLE, [])
    [empty] = shown().info
    assert "holds no rows" in empty.value
    assert "`firn ingest shop, then dbt build --select source:shop+`" in empty.value


def test_filters_that_nothing_meets_say_so(settings: Settings) -> None:
    write_table(Lake(settings), TABLE, SALES)
    page = AppTest.from_string(SHOP, default_timeout=60)
    page.query_params["country"], page.query_params["category"] = "FR", "Tents"
    said = [info.value for info in page.run().info]
    assert len(said) == 4
    assert all("No rows match the filters" in text for text in said)


def test_a_table_whose_files_are_gone_is_named(settings: Settings) -> None:
    write_table(Lake(settings), TABLE, SALES)
    shutil.rmtree(path_of(LakeView(settings)._location(TABLE)).parents[1] / "data")
    [failed] = shown().error
    assert "sales\\_daily cannot be read" in failed.value
    assert f"firn verify {TABLE}" in failed.value
    assert "Traceback" not in failed.value


def test_a_table_of_another_shape_is_named(settings: Settings) -> None:
    write_table(Lake(settings), TABLE, [], {"placed_date": "date"})
    with pytest.raises(ConfigurationError, match="has not the columns") as raised:
        LakeView(settings).read(TABLE, ("placed_date", "customer_country"))
    assert raised.value.fix == "dbt build --full-refresh --select sales_daily"


def test_a_view_stays_at_the_moment_it_was_made(settings: Settings) -> None:
    """A commit between two reads of a page is not seen; the next page sees all of it."""
    lake = Lake(settings)
    write_table(lake, TABLE, SALES[:2])
    view = LakeView(settings)
    lake.catalog.load_table(TABLE).append(view.read(TABLE, ("placed_date",)))
    assert view.read(TABLE, ("customer_country",)).num_rows == 2
    assert LakeView(settings).read(TABLE, ("customer_country",)).num_rows == 4


def test_a_scan_has_the_named_columns_of_the_rows_that_match(settings: Settings) -> None:
    write_table(Lake(settings), TABLE, SALES)
    view = LakeView(settings)
    where = [*equals("customer_country", "FR"), *since("placed_date", before(1))]
    found = view.read(TABLE, ("units_count",), where)
    assert found.column_names == ["units_count"]
    assert found.num_rows == 2
    assert view.reads == {TABLE: {"units_count", "customer_country", "placed_date"}}
    assert view.read(TABLE, ("units_count",), limit=3).num_rows == 3


def test_what_is_missing_has_the_command_that_makes_it(settings: Settings) -> None:
    view = LakeView(settings)
    commands = {
        "gold.sales_daily": "dbt build --select +sales_daily",
        "quarantine.shop": "firn create quarantine.shop",
        "quarantine.shop__rejected": "dbt build --select +shop__rejected",
        "ops.lags": "firn refresh",
        "ops.loads": "firn ingest",
    }
    for table, command in commands.items():
        with pytest.raises(MissingTableError) as raised:
            view.read(table, ("a",))
        assert raised.value.fix == command


def test_a_catalog_that_cannot_be_read_is_one_message(settings: Settings) -> None:
    catalog = settings.home / "lake" / "catalog.db"
    catalog.parent.mkdir(parents=True)
    catalog.write_text("no database")
    page = shown()
    assert len(page.error) == 1
    assert "What to do" in page.error[0].value
