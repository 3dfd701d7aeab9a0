"""What Spark drops, replaces and renames is not taken for what a catalog has lost."""

import re
from pathlib import Path

import pytest

from lake.catalog_check import missed_tables, require_catalog, unknown_folders
from lake.lake import Lake
from operations.runtime.spark import Spark
from tests.unit.ingestion.appends import TABLE, land, new_lake, plan

pytestmark = pytest.mark.spark

STATEMENTS = """
create table silver.kept as select 1 as id; insert into silver.kept values (2);
create or replace table silver.kept as select 3 as id; alter table silver.kept rename to silver.new;
create table silver.gone as select 1 as id; insert into silver.gone values (2);
drop table silver.gone; create table silver.gone as select 1 as id; drop table silver.gone;
create view silver.view as select 1 as id; create or replace view silver.view as select 2 as id;
drop view silver.view; create table silver.view as select 1 as id
"""


def test_what_spark_does_is_no_loss(tmp_path: Path, shared_classes: None) -> None:
    lake = new_lake(tmp_path)
    land(*plan(lake), [1])
    require_catalog(lake)
    lake.catalog.create_namespace("silver")
    with Spark(lake._environment) as spark:
        for statement in re.split(r";\s", STATEMENTS):
            spark.sql(statement.strip())
            again = Lake(lake._environment)
            assert missed_tables(again) == [], statement
    require_catalog(Lake(lake._environment), [TABLE.identifier])
    assert set(unknown_folders(lake)) == {"silver.gone"}
