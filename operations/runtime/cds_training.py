"""A Spark at work, so that its classes can be archived: what dbt and Firn make it do -> exit.

Run as a program by `operations.runtime.cds_archive`, in a lake that is thrown away.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from lake.profiles import Profile
from lake.settings import Settings
from operations.runtime.cds_archive import OPTIONS, training_options
from operations.runtime.sql_session import spark_session

TABLE = """
using iceberg tblproperties ('format-version' = '3', 'write.merge.mode' = 'merge-on-read')
"""
STATEMENTS = (
    "show databases",
    "create schema if not exists taught",
    "show table extended in taught like '*'",
    "show views in taught",
    f"create or replace table taught.days {TABLE} as select 1 as id, date'2025-07-01' as day,"
    " cast(1.5 as decimal(18, 2)) as amount, timestamp'2025-07-01 10:00:00' as at, 'a' as name",
    "describe extended taught.days",
    "set `spark.sql.iceberg.snapshot-property.a` = `b`",
    "create or replace temporary view new_days as select id, day, sum(amount) as amount,"
    " max(at) as at, max_by(name, at) as name from (select *, row_number() over ("
    "partition by id order by at desc) as place from taught.days) as ranked where place = 1"
    " group by id, day",
    "merge into taught.days as old using new_days as new on old.id <=> new.id"
    " when matched and new.at > old.at then update set amount = new.amount"
    " when matched then delete when not matched then insert *",
    "reset `spark.sql.iceberg.snapshot-property.a`",
    "select snapshot_id, summary['a'] from taught.days.snapshots where snapshot_id in"
    " (select snapshot_id from taught.days.refs where name = 'main')",
    "select days.*, other.name as other from taught.days as days"
    " left join taught.days as other on days.id = other.id",
    "drop table taught.days",
)


def work(archive: Path) -> None:
    """Start Spark with the profile's settings in a lake that is thrown away, and let it work."""
    from pyspark import SparkContext

    with tempfile.TemporaryDirectory() as home:
        settings = Settings.load().model_copy(update={"home": Path(home)})
        (settings.home / "lake").mkdir()
        parameters = Profile(settings).spark_parameters()
        options = training_options(parameters[OPTIONS], archive)
        session = spark_session({**parameters, OPTIONS: options})
        for statement in STATEMENTS:
            session.sql(statement).collect()
        gateway: Any = SparkContext._gateway
        session.stop()
        gateway.shutdown()
        gateway.proc.stdin.close()  # Java ends when nobody can speak to it: it writes the archive
        gateway.proc.wait()


if __name__ == "__main__":
    work(Path(sys.argv[1]))
