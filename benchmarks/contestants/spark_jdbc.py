"""Spark with Firn's own jars and profile: PostgreSQL -> JDBC, two partitions -> Iceberg."""

import sys
from pathlib import Path

from benchmarks.contest import SCHEMA, TABLE, Arena, Command, Contestant, Job, Landed, Stage, run

READERS = 2
FETCH_ROWS = 10_000
RAW = f"raw_{SCHEMA}"


class SparkJdbc(Contestant):
    """A Spark session that reads by JDBC and creates the table."""

    name = "spark-jdbc"
    title = "Spark JDBC, 2 partitions"
    stages = frozenset({Stage.FULL})

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return this file as a program, its lake being the arena's folder."""
        environment = {"FIRN_PROJECT_DIR": str(arena.project), "FIRN_HOME": str(arena.folder)}
        program = [sys.executable, "-m", __name__]
        job = Job.of(arena, stage).as_text()
        return Command(program, environment | {"PYTHONPATH": str(arena.project)}, job)

    def landed(self, arena: Arena) -> Landed:
        """Return the table in the catalog that the profile names."""
        return Landed("lake", arena.folder / "lake" / "catalog.db", (RAW, TABLE))


def land(job: Job) -> None:
    """Read by ranges of the key, as many as readers, and create the table from them."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
    from pyspark.sql import SparkSession

    from lake.lake import Lake
    from lake.settings import Settings

    with psycopg.connect(job.url) as connection:
        keys = connection.execute(
            f"select min(l_orderkey), max(l_orderkey) from {SCHEMA}.{TABLE}"
        ).fetchone() or (0, 0)
    Path(job.folder, "lake").mkdir(exist_ok=True)
    builder = SparkSession.builder.appName(TABLE)
    for name, value in Lake(Settings.load()).spark_parameters.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    server = conninfo_to_dict(job.url)
    rows = spark.read.jdbc(
        url=f"jdbc:postgresql://{server['host']}:{server['port']}/{server['dbname']}",
        table=f"{SCHEMA}.{TABLE}",
        column="l_orderkey",
        lowerBound=keys[0],
        upperBound=keys[1],
        numPartitions=READERS,
        properties={
            "user": str(server["user"]),
            "password": str(server["password"]),
            "driver": "org.postgresql.Driver",
            "fetchsize": str(FETCH_ROWS),
        },
    )
    spark.sql(f"create namespace if not exists {RAW}")
    rows.writeTo(f"{RAW}.{TABLE}").using("iceberg").tableProperty("format-version", "2").create()
    spark.stop()


if __name__ == "__main__":
    run(land)
