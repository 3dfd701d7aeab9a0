"""The floor below every command in Python: an interpreter that starts, does nothing and ends."""

import sys

from benchmarks.contest import Arena, Command, Contestant, Stage


class PythonStart(Contestant):
    """`python -c ''`, which no run that finds nothing to do can undercut."""

    name = "python-start"
    title = "floor: interpreter start"
    stages = frozenset({Stage.NOTHING})

    def command(self, arena: Arena, stage: Stage) -> Command:  # noqa: ARG002
        """Return Firn's own interpreter with an empty program."""
        return Command([sys.executable, "-c", ""])
