"""Spark for commands that are not dbt: SQL -> a child process with the profile's settings -> rows.

The child is `python -m operations.runtime.sql_engine <descriptor>`: one statement a line of its
input, one answer a line at the descriptor. What Java says goes to $FIRN_HOME/logs/spark.log.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, cast

from lake.errors import LoadError
from lake.lake import Lake
from lake.settings import Settings
from operations.dbt.runner import dbt_environment

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Row = dict[str, Any]


class StatementError(LoadError):
    """Spark could not run a statement."""


class Spark:
    """A Spark of its own, on this lake, while it is used in a `with` block; started when needed."""

    def __init__(self, settings: Settings) -> None:
        """Prepare to start Spark for the lake of `settings`."""
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop Spark, if it was started."""
        if self._process is not None:
            self._process.communicate()
            self._answers.close()

    def sql(self, statement: str) -> list[Row]:
        """Run one statement and return its rows. Raises StatementError with what Spark says."""
        process = self._process or self._start()
        statements = cast("IO[str]", process.stdin)
        try:
            statements.write(json.dumps(statement) + "\n")
            statements.flush()
        except BrokenPipeError:
            raise StatementError("Spark has ended", f"read {self._log}") from None
        answered = self._answers.readline()
        if not answered:
            raise StatementError(f"Spark ended while it ran: {statement}", f"read {self._log}")
        return rows_of(answered, statement, self._log)

    @property
    def _log(self) -> Path:
        return self._settings.home / "logs" / "spark.log"

    def _start(self) -> "subprocess.Popen[str]":
        self._log.parent.mkdir(parents=True, exist_ok=True)
        ours, theirs = os.pipe()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "operations.runtime.sql_engine", str(theirs)],
                env={
                    **dbt_environment(self._settings),
                    "FIRN_PROJECT_DIR": str(self._settings.project_dir),
                },
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(theirs,),
                text=True,
            )
        os.close(theirs)
        self._answers = os.fdopen(ours)
        return self._process


def serve(descriptor: int) -> None:
    """Run statements from standard input until it ends; answer each with its rows or a message."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("firn")
    for name, value in Lake(Settings.load()).spark_parameters.items():
        builder = builder.config(name, str(value))
    spark = builder.getOrCreate()
    with os.fdopen(descriptor, "w") as answers:
        for line in sys.stdin:
            answers.write(answer_of(spark, json.loads(line)) + "\n")
            answers.flush()
    spark.stop()


def answer_of(spark: "SparkSession", statement: str) -> str:
    """Run a statement; return as JSON its rows or, as a text, the first line of the error."""
    try:
        rows = [row.asDict() for row in spark.sql(statement).collect()]
    except Exception as error:  # noqa: BLE001 - the other side shall hear of it
        return json.dumps(_first_line(error))
    return json.dumps(rows, default=str)


def rows_of(answered: str, statement: str, log: Path) -> list[Row]:
    """Return the rows of an answer. Raises StatementError with what Spark said instead."""
    result = json.loads(answered)
    if isinstance(result, str):
        raise StatementError(result, f"read {log}; the statement was: {statement}")
    return list(result)


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), repr(error))


if __name__ == "__main__":
    serve(int(sys.argv[1]))
