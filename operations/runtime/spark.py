"""SQL for commands that are not dbt: statement -> Spark, as the target reaches it -> rows.

`Spark` runs statements in a child process, `python -m operations.runtime.spark <descriptor>`: one
statement a line of its input, one answer a line at the descriptor. pyspark and pandas are so kept
out of `firn` itself. What Java says goes to $FIRN_HOME/logs/spark.log.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from lake.private import private_folder
from lake.settings import Settings
from operations.runtime.environment import dbt_environment
from operations.runtime.sql_engine import Row, StatementError, answer_of, rows_of


class Spark:
    """The target's Spark, on this lake, while it is used in a `with` block; started when needed."""

    def __init__(self, settings: Settings) -> None:
        """Prepare to reach the Spark that the target of `settings` names."""
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
        """Leave Spark, and stop one that was started for this."""
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
        private_folder(self._log.parent)
        ours, theirs = os.pipe()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "operations.runtime.spark", str(theirs)],
                env=dbt_environment(self._settings),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(theirs,),
                text=True,
                umask=self._settings.umask,
            )
        os.close(theirs)
        self._answers = os.fdopen(ours)
        return self._process


def serve(descriptor: int) -> None:
    """Run statements from standard input until it ends; answer each with its rows or a message."""
    from operations.runtime.sql_session import SessionOpener

    with os.fdopen(descriptor, "w") as answers, SessionOpener(Settings.load()) as session:
        for line in sys.stdin:
            answers.write(answer_of(session.get, json.loads(line)) + "\n")
            answers.flush()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
