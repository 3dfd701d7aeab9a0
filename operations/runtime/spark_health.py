"""Asks a Spark a query as dbt would: the target of DBT_TARGET -> exit code 0 when it answers.

A program of its own, run by `operations.runtime.warm_spark`: it can be ended when nothing comes.
"""

from lake.settings import Settings
from operations.runtime.sql_session import SessionOpener

QUERY = "show databases"


def ask() -> None:
    """Run the query. Raises what opening the session and running it raise."""
    with SessionOpener(Settings.load()) as session:
        session.get().sql(QUERY)


if __name__ == "__main__":
    ask()
