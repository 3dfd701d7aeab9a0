"""Spark with Firn's own jars and profile: a file -> its reader -> an Iceberg table."""

import sys
from pathlib import Path

from benchmarks.contest import Arena, Command, Job, Landed, Stage, run
from benchmarks.contestants.file_contestant import FileContestant
from benchmarks.lineitem_files import COLUMNS, RAW, file_of, table_of


class SparkFiles(FileContestant):
    """A Spark session that reads the file in the declared types and creates the table."""

    name = "spark"
    title = "Spark"

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return this file as a program, its lake being the arena's folder."""
        environment = {"FIRN_PROJECT_DIR": str(arena.project), "FIRN_HOME": str(arena.folder)}
        job = Job.of(arena, stage).as_text()
        program = [sys.executable, "-m", __name__]
        return Command(program, environment | {"PYTHONPATH": str(arena.project)}, job)

    def table(self, arena: Arena, stage: Stage) -> Landed:
        """Return the table in the catalog that the profile names."""
        return Landed("lake", arena.folder / "lake" / "catalog.db", (RAW, table_of(stage)))


def land(job: Job) -> None:
    """Read the file and create the table from it."""
    from pyspark.sql import SparkSession

    from lake.lake import Lake
    from lake.settings import Settings

    Path(job.folder, "lake").mkdir(exist_ok=True)
    builder = SparkSession.builder.appName("files")
    for name, value in Lake(Settings.load()).spark_parameters.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    file = str(file_of(job.url, job.stage))
    reader = spark.read.schema(", ".join(f"{name} {kind}" for name, kind in COLUMNS.items()))
    if job.stage is Stage.CSV:
        rows = reader.option("header", True).option("mode", "FAILFAST").csv(file)
    elif job.stage is Stage.JSON_LINES:
        rows = reader.option("mode", "FAILFAST").json(file)
    else:
        rows = spark.read.parquet(file)
    spark.sql(f"create namespace if not exists {RAW}")
    table = f"{RAW}.{table_of(job.stage)}"
    rows.writeTo(table).using("iceberg").tableProperty("format-version", "2").create()
    spark.stop()


if __name__ == "__main__":
    run(land)
