"""Asks a warm Spark a query as dbt would: URL -> exit code 0 when it answers.

A program of its own, run by `operations.runtime.warm_spark`: Connect's client needs pandas.
"""

import sys

from lake.profiles import Profile
from lake.settings import Settings

QUERY = "show databases"


def ask(url: str) -> None:
    """Run the query, in the lake that target `warm` names."""
    from pyspark.sql.connect.session import SparkSession

    builder = SparkSession.builder
    for name, value in Profile(Settings.load()).spark_parameters("warm").items():
        builder = builder.config(name, value)
    session = builder.remote(url).getOrCreate()
    session.sql(QUERY).collect()
    session.stop()


if __name__ == "__main__":
    ask(sys.argv[1])
