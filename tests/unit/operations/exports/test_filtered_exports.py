"""Exports of filtered tables: files that cannot have a row are left alone."""

import math
from pathlib import Path

import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField

from lake.errors import ConfigurationError
from lake.lake import Lake
from operations.exports.export import ExportOptions, export_tables
from operations.exports.filters.parsing import parse_filter
from operations.exports.formats.base import ExportFormat
from tests.integration.ingestion.home import LakeHome
from tests.lake_files import path_of
from tests.unit.operations.exports.sales import FULL, NULLS, make


def test_only_files_that_may_have_rows_are_opened(home: LakeHome, tmp_path: Path) -> None:
    """The other file is taken away: whoever opened it would fail."""
    make(home, [{**FULL, "sale_id": 1}], [{**NULLS, "sale_id": 100}])
    table = Lake(home.settings).catalog.load_table("gold.sales")
    [other] = [task.file.file_path for task in table.scan(row_filter="sale_id > 50").plan_files()]
    path_of(other).unlink()
    options = ExportOptions(ExportFormat.CSV, parse_filter("sale_id <= 50 and note like 'a%'"))
    [one] = export_tables(home.settings, [], str(tmp_path), options)
    assert (one.rows, one.where) == (1, "sale_id <= 50 and note like 'a%'")


def test_a_column_that_one_of_the_tables_has_not_stops_the_export(
    home: LakeHome, tmp_path: Path
) -> None:
    make(home, [FULL])
    catalog = Lake(home.settings).catalog
    catalog.create_table(("gold", "other"), Schema(NestedField(1, "id", LongType())))
    options = ExportOptions(where=parse_filter("sale_id = 1"))
    with pytest.raises(ConfigurationError, match=r"gold\.other has no column 'sale_id'"):
        export_tables(home.settings, [], str(tmp_path / "out"), options)
    assert not (tmp_path / "out").exists()


def test_nan_is_found_where_the_bounds_of_a_file_leave_it_out(
    home: LakeHome, tmp_path: Path
) -> None:
    make(home, [{**NULLS, "sale_id": 1, "rate": 1.0}, {**NULLS, "sale_id": 2, "rate": math.nan}])
    options = ExportOptions(where=parse_filter("rate > 5"))
    export_tables(home.settings, [], str(tmp_path), options)
    assert (tmp_path / "sales.csv").read_text().splitlines()[1].startswith("2,")
