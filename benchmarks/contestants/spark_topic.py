"""Spark with Firn's own jars and profile: Structured Streaming of all that is there -> Iceberg."""

import sys
from pathlib import Path

from benchmarks.clickstream_topic import COLUMNS, RAW, table_of, topic_of
from benchmarks.contest import Arena, Command, Job, Landed, Stage, run
from benchmarks.contestants.topic_contestant import TopicContestant

JARS = "spark-kafka"
CLASS_PATH = "spark.driver.extraClassPath"


class SparkTopic(TopicContestant):
    """A streaming query with the trigger `availableNow`, from the earliest offsets."""

    name = "spark"
    title = "Spark Structured Streaming"

    def prepare(self, arena: Arena) -> None:  # noqa: ARG002
        """Fetch the jars of Spark's Kafka source, before the clock runs."""
        from lake.settings import Settings
        from operations.runtime.jars import JarSet, ensure_jars
        from operations.runtime.java import ensure_java

        here = Path(__file__).parent / "spark_kafka"
        fix = "make bench-kafka"
        jars = JarSet("Spark's Kafka source", here / "ivy.xml", here / "jars.sha256", fix)
        settings = Settings.load()
        ensure_jars(settings, ensure_java(settings), jars)

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return this file as a program, its lake being the arena's folder."""
        environment = {"FIRN_PROJECT_DIR": str(arena.project), "FIRN_HOME": str(arena.folder)}
        job = Job.of(arena, stage).as_text()
        program = [sys.executable, "-m", __name__]
        return Command(program, environment | {"PYTHONPATH": str(arena.project)}, job)

    def table(self, arena: Arena, stage: Stage) -> Landed | None:
        """Return the table in the catalog that the profile names."""
        return Landed("lake", arena.folder / "lake" / "catalog.db", (RAW, table_of(stage)))


def land(job: Job) -> None:
    """Make the table and let a query fill it."""
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import col, from_json

    from lake.lake import Lake
    from lake.settings import Settings
    from operations.runtime.jars import jar_cache

    settings = Settings.load()
    Path(job.folder, "lake").mkdir(exist_ok=True)
    parameters = dict(Lake(settings).spark_parameters)
    parameters[CLASS_PATH] = f"{parameters[CLASS_PATH]}:{jar_cache(settings) / JARS}/*"
    builder = SparkSession.builder.appName("topic")
    for name, value in parameters.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    schema = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    table = f"{RAW}.{table_of(job.stage)}"
    spark.sql(f"create namespace if not exists {RAW}")
    spark.sql(f"create table {table} ({schema}) using iceberg")
    messages = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", job.url)
        .option("subscribe", topic_of(job.stage))
        .option("startingOffsets", "earliest")
        .load()
    )
    event = from_json(col("value").cast("string"), schema, {"mode": "FAILFAST"}).alias("event")
    query = (
        messages.select(event)
        .select("event.*")
        .writeStream.format("iceberg")
        .outputMode("append")
        .trigger(availableNow=True)
        .option("checkpointLocation", str(Path(job.folder, "checkpoint")))
        .toTable(table)
    )
    query.awaitTermination()
    spark.stop()


if __name__ == "__main__":
    run(land)
