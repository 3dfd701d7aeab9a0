"""Judges what was landed of lineitem: PostgreSQL's checksum before a stage -> equal or not."""

from dataclasses import replace

from benchmarks.contest import Arena, Contestant, Stage
from benchmarks.lineitem import Lineitem
from benchmarks.verify import Checksum, differences


class LineitemReferee:
    """Changes the table before the stage of changes, and knows what each stage must land."""

    def __init__(self, data: Lineitem) -> None:
        """Judge by the table `data`."""
        self._data = data
        self._expected: Checksum = {}

    def admit(self, arena: Arena) -> Arena:
        """Return the arena with the newest cursor that the full load will see."""
        return replace(arena, since=self._data.newest_cursor())

    def open(self, stage: Stage, turn: int) -> None:
        """Change a hundredth of the rows where a stage is about that; note what must be landed."""
        if stage is Stage.CHANGES:
            self._data.change_one_percent(turn)
        self._expected = self._data.checksum()

    def complaint(self, contestant: Contestant, arena: Arena, stage: Stage) -> str:  # noqa: ARG002
        """Return what the landed table holds otherwise than PostgreSQL."""
        landed = contestant.landed(arena)
        return differences(self._expected, landed) if landed else ""
