"""dbt that stays warm: commands -> one child process with its Spark -> the status of every node."""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

DEADLINE_SECONDS = 900


@dataclass(frozen=True)
class DbtOutcome:
    """How a dbt command ended: node -> status (`success`, `pass`, `error`, …), and what it said."""

    success: bool
    statuses: Mapping[str, str] = field(default_factory=dict)
    complaints: Sequence[str] = ()


class DbtFailedError(Exception):
    """A dbt command did not end well, or the process that runs dbt died."""


class WarmDbt:
    """A child process that runs one dbt command after the other, all on one Java and Spark.

    Spark is started again (in the same Java) only when a command is for another lake than the
    last one: a Spark session keeps the catalog it was started with.
    """

    def __init__(self, log: Path) -> None:
        """Start the process; what dbt and Spark print goes to the file `log`."""
        self._log = log
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, log), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process, and Spark with it."""
        self.close()

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> DbtOutcome:
        """Run `dbt <arguments>` in the folder `PWD` of `environment`, which is all it sees.

        Raises DbtFailedError with what dbt said when it failed, and after 15 minutes.
        """
        self._connection.send((list(arguments), dict(environment)))
        if not self._connection.poll(DEADLINE_SECONDS):
            self._process.kill()
            raise DbtFailedError(f"dbt took over {DEADLINE_SECONDS} s: {self._log}")
        try:
            outcome = self._connection.recv()
        except EOFError:
            raise DbtFailedError(f"the process that runs dbt died: {self._log}") from None
        if not isinstance(outcome, DbtOutcome):
            raise DbtFailedError(f"dbt could not be run: {outcome!r}; {self._log}")
        if not outcome.success:
            said = "\n".join(outcome.complaints)
            raise DbtFailedError(f"dbt {' '.join(arguments)}: {said}\n{self._log}")
        return outcome

    def close(self) -> None:
        """End the process; no effect when it has ended."""
        if self._process.is_alive():
            self._connection.close()
            self._process.join(timeout=30)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _serve(connection: Connection, log: Path) -> None:
    """Run commands until the other side hangs up."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    lake = None
    while True:
        try:
            arguments, environment = connection.recv()
        except EOFError:
            _stop_spark()
            return
        if lake != environment["FIRN_HOME"]:
            _stop_spark()
            lake = environment["FIRN_HOME"]
        try:
            connection.send(_run_dbt(arguments, environment))
        except Exception as error:  # noqa: BLE001 - the caller shall hear of whatever went wrong
            connection.send(repr(error))


def _run_dbt(arguments: Sequence[str], environment: Mapping[str, str]) -> DbtOutcome:
    from dbt.cli.main import dbtRunner

    os.environ.clear()  # noqa: TID251 - a process of its own, made for this
    os.environ.update(environment)  # noqa: TID251
    os.chdir(environment["PWD"])
    ended = dbtRunner().invoke(list(arguments))
    results = getattr(ended.result, "results", ())
    complaints = [
        f"{_name(result)} {result.status}: {result.message}"
        for result in results
        if result.status in ("error", "fail", "runtime error")
    ]
    if ended.exception is not None:
        complaints.append(str(ended.exception))
    statuses = {_name(result): str(result.status) for result in results}
    return DbtOutcome(bool(ended.success), statuses, complaints)


def _name(result: object) -> str:
    """Return a node's unique id: results of operations hold it themselves."""
    return str(getattr(getattr(result, "node", result), "unique_id", result))


def _stop_spark() -> None:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._active_spark_context is not None:
        SparkSession.builder.getOrCreate().stop()
