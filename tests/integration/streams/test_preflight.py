"""Pre-flight: every difference at once, each with its cure, and nothing built."""

import pyarrow as pa
import pytest
from pyiceberg.exceptions import NoSuchTableError

from tests.integration.streams.till_lake import SALES, Sale, TillLake
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark


def test_all_missing_tables_are_named_at_once(lake: TillLake) -> None:
    with pytest.raises(DbtFailedError) as failed:
        lake.build("--exclude", "tag:unguarded")
    assert "raw_till.sales does not exist. Cure: firn ingest till.sales" in str(failed.value)
    assert "raw_till.returns does not exist. Cure: firn ingest till.returns" in str(failed.value)


def test_only_what_the_selection_reads_is_checked(lake: TillLake) -> None:
    lake.create_raw()
    lake.land(Sale(1, day=1, amount=1))
    lake.build("--select", "till__sales")
    assert [row["sale_id"] for row in lake.rows("silver.till__sales", "sale_id")] == [1]


def test_missing_and_differing_columns_are_named_and_nothing_is_built(lake: TillLake) -> None:
    wrong = SALES.remove(SALES.get_field_index("sold_date"))
    wrong = wrong.set(wrong.get_field_index("amount"), pa.field("amount", pa.string()))
    lake.create_raw(wrong)
    with pytest.raises(DbtFailedError) as failed:
        lake.build()
    assert "raw_till.sales.sold_date (date) is missing" in str(failed.value)
    assert "raw_till.sales.amount is string, declared int" in str(failed.value)
    assert "buyer" not in str(failed.value)
    with pytest.raises(NoSuchTableError):
        lake.catalog.load_table("silver.till__sales")
