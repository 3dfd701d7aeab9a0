"""The resident dbt, for tests of many lakes: command + environment -> outcome, or a failure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from lake.errors import LoadError
from lake.settings import Settings
from operations.dbt.outcome import Outcome
from operations.dbt.resident import ResidentDbt
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
        project = environment["PWD"]
        if self._dbt is None:
            settings = Settings(project_dir=Path(project), home=Path(environment["FIRN_HOME"]))
            self._dbt = ResidentDbt(settings, "tests")
        lasting = {**environment, "FIRN_PROJECT_DIR": project}
        lasting.pop("PYTEST_CURRENT_TEST", None)  # another one in each test: dbt would parse again
        try:
            outcome = self._dbt.run(arguments, environment=lasting)
        except LoadError as error:
            raise DbtFailedError(str(error)) from error
        if not outcome.success:
            failed = [
                f"{node.unique_id} {node.status}: {node.message}"
                for node in outcome.nodes
                if node.has_failed
            ]
            said = "\n".join([*failed, *outcome.complaints])
            raise DbtFailedError(f"dbt {' '.join(arguments)}: {said}\n{self._dbt.log}")
        return outcome

    def sql(self, statement: str) -> list[Row]:
        """Run a statement in the Spark of the last command, on its lake.

        Raises StatementError with what Spark says.
        """
        assert self._dbt, "no command was run yet"
        return self._dbt.sql(statement)
