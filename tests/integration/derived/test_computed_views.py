"""Rows that are fetched and given back to Spark are those that it made, whatever their types."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lake.settings import Settings
from operations.runtime.environment import dbt_environment

pytestmark = pytest.mark.spark

PROJECT = Path(__file__).parents[3]
# Run apart: a session of Spark belongs to its process.
PROGRAM = '''
from collections import namedtuple
from types import SimpleNamespace
from dbt_firn import computed_views
from lake.lake import Lake
from lake.settings import Settings
from operations.runtime.sql_session import spark_session

QUERY = """
select
    true as a, 1Y as b, 2S as c, 3 as d, 4L as e, 12345678901234567890.12BD as f,
    float(0.1) as g, double(-0.0) as h, 'ä' as i, x'00ff' as j, date'1500-01-01' as k,
    timestamp'2025-07-01 10:00:00.123456' as l, timestamp_ntz'0001-01-01 00:00:00' as m
union all
select
    false, -128Y, null, null, 9223372036854775807L, null,
    float('NaN'), double('-Infinity'), '', x'', date'9999-12-31',
    timestamp'1500-01-01 00:00:00', null
union all
select null, null, null, null, null, null, null, double('NaN'), null, null, null, null, null
"""
spark = spark_session(Lake(Settings.load()).spark_parameters)
cached = []
Rows = namedtuple("Rows", "rows")
adapter = SimpleNamespace(
    config=SimpleNamespace(
        credentials=SimpleNamespace(method="session", server_side_parameters={})
    ),
    execute=lambda sql, fetch=False: (cached.append(sql), Rows(spark.sql(sql).collect())),
)
made = spark.sql(QUERY)
assert computed_views.firn_compute_view(adapter, "given_back", QUERY) == 3
given = spark.table("given_back")
assert cached == [], "plain types are fetched"
assert given.schema == made.schema, given.schema
assert given.count() == 3
assert made.exceptAll(given).count() == given.exceptAll(made).count() == 0
plan = given._jdf.queryExecution().optimizedPlan().toString()
assert plan.startswith("LocalRelation"), plan

count = computed_views.firn_compute_view(adapter, "nested", "select array(1, null) as numbers")
assert count == 1
assert [sql.split()[0] for sql in cached] == ["create", "cache", "select"], "kept by Spark"
computed_views.MOST_FETCHED_ROWS = 10
assert computed_views.firn_compute_view(adapter, "many", "select id from range(11)") == 11
assert cached[-2:] == ["cache table many", "select count(*) from many"]
computed_views.firn_drop_views(adapter, "many")
assert not spark.catalog.dropTempView("many"), "it is gone"
'''


def test_rows_are_given_back_as_they_were(tmp_path: Path, shared_classes: None) -> None:
    settings = Settings(project_dir=PROJECT, home=tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**dbt_environment(settings), "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
