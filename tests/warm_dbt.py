"""The resident dbt, for tests of many lakes: command + environment -> outcome, or a failure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from lake.errors import LoadError
from lake.settings import Settings
from operations.dbt import server
from operations.dbt.outcome import Outcome
from operations.dbt.resident import ResidentDbt
from operations.dbt.runner import Progress
from operations.runtime.sql_engine import Row


class DbtFailedError(Exception):
    """A dbt command did not end well, or the process that runs dbt died."""


class WarmDbt:
    """A process that runs one dbt command after the other, all on one Java.

    Spark is started again (in the same Java) only when a command is for another lake than the
    last one: a Spark session keeps the catalog it was started with. Its sessions are set as those
    of `firn watch`: plans that adapt themselves cost a tenth of the time of queries this small.
    """

    def __init__(self) -> None:
        """Begin without a process: it is started for the first command."""
        self._dbt: ResidentDbt | None = None

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
        if self._dbt:
            self._dbt.close()

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Outcome:
        """Run `dbt <arguments>` in the folder `PWD` of `environment`, which is all it sees.

        Raises DbtFailedError with what dbt said when it failed.
        """
        try:
            outcome = self.outcome(arguments, environment)
        except LoadError as error:
            raise DbtFailedError(str(error)) from error
        if not outcome.success:
            failed = [
                f"{node.unique_id} {node.status}: {node.message}"
                for node in outcome.nodes
                if node.has_failed
            ]
            said = "\n".join([*failed, *outcome.complaints])
            raise DbtFailedError(f"dbt {' '.join(arguments)}: {said}\n{self._running.log}")
        return outcome

    def outcome(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        on_progress: Progress | None = None,
    ) -> Outcome:
        """Run the same and return how it ended, well or not. Raises LoadError if dbt died."""
        project = environment["PWD"]
        if self._dbt is None:
            settings = Settings(project_dir=Path(project), home=Path(environment["FIRN_HOME"]))
            self._dbt = ResidentDbt(settings, "tests")
        lasting = {**environment, "FIRN_PROJECT_DIR": project}
        lasting.pop("PYTEST_CURRENT_TEST", None)  # another one in each test: dbt would parse again
        return self._dbt.run(arguments, on_progress, lasting)

    def sql(self, statement: str) -> list[Row]:
        """Run a statement in the session that dbt ran in last, and return the rows.

        Raises StatementError with what Spark says.
        """
        return self._running.sql(statement)

    def interrupt(self) -> None:
        """End the process that runs dbt, from another thread; the next command starts another."""
        self._running.interrupt()

    @property
    def _running(self) -> ResidentDbt:
        assert self._dbt is not None, "no dbt command was run yet: there is no lake to ask"
        return self._dbt


def kill_dbt() -> None:
    """Kill the dbt that this process started, and its Java, without a word."""
    [dbt] = filter(_is_dbt, psutil.Process().children())
    for process in [*dbt.children(recursive=True), dbt]:
        process.kill()


def _is_dbt(process: psutil.Process) -> bool:
    try:
        return server.__name__ in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # one that was killed before, and that nobody has waited for yet
        return False
