"""What is remembered of tasks: runs, failures, suspension <-> a file in FIRN_HOME.

Nothing in it says what was consumed: tables say that themselves. A refresher that is killed before
it wrote leaves a task as it was, and what it built is seen in the lake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from statistics import median

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lake.errors import EnvironmentFault
from lake.locks import ProcessLock
from lake.private import private_folder
from operations.refresh.history import Outcome

KEPT_DURATIONS = 10
LOCK_SECONDS = 30.0
BY_HAND = "by hand"  # why a task is suspended that a person suspended


class TaskState(BaseModel):
    """One task: its last run, counted over all tasks, and what became of it.

    `started_at` and `ended_at` are seconds of the system's clock, `seconds` what the last runs
    took. `failures` are scheduled ones in a row. `suspended` says why it is, `skipped` why it was
    last skipped. `is_alone`: it is built by itself next, as nobody knows what it does to others.
    `seen` are the snapshots of the raw tables that its last run found, if it starts by arrival.
    """

    model_config = ConfigDict(frozen=True)

    last_run: int = 0
    last_success: int = 0
    started_at: float | None = None
    ended_at: float | None = None
    outcome: Outcome | None = None
    message: str = ""
    failures: int = 0
    suspended: str = ""
    skipped: str = ""
    is_alone: bool = False
    seconds: tuple[float, ...] = ()
    lag_seconds: float | None = None
    seen: dict[str, str | None] = Field(default_factory=dict)

    @property
    def has_failed(self) -> bool:
        """Whether its last run failed."""
        return self.outcome is Outcome.FAILED

    @property
    def longest(self) -> float:
        """What the longest of its last runs took, in seconds; 0 without one."""
        return max(self.seconds, default=0.0)

    @property
    def usual(self) -> float:
        """What half of its last runs took less than, in seconds; 0 without one."""
        return median(self.seconds) if self.seconds else 0.0


class Answer(BaseModel):
    """How a run ended that somebody asked for."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    message: str = ""
    seconds: float = 0.0


class State(BaseModel):
    """All tasks. `built` has, by table, its own snapshot after a build and those it was built from.

    A task that starts by arrival stands in `built` by its name, without a snapshot of its own.
    `requests` are runs that are asked for: a number and a task; `answers` how they ended.
    """

    model_config = ConfigDict(frozen=True)

    runs: int = 0
    tasks: dict[str, TaskState] = Field(default_factory=dict)
    built: dict[str, Built] = Field(default_factory=dict)
    requests: dict[str, str] = Field(default_factory=dict)
    answers: dict[str, Answer] = Field(default_factory=dict)

    def of(self, name: str) -> TaskState:
        """Return the state of a task; one that never ran has the defaults."""
        return self.tasks.get(name, TaskState())

    def with_tasks(self, changed: Mapping[str, TaskState]) -> State:
        """Return the same with other states of some tasks."""
        return self.model_copy(update={"tasks": {**self.tasks, **changed}})


class Built(BaseModel):
    """The snapshot of a table after a build, and by upstream table the one that it had before."""

    model_config = ConfigDict(frozen=True)

    head: str | None
    upstream: dict[str, str | None]


class StateFile:
    """The file that holds the state; several processes may change it, one after the other."""

    def __init__(self, home: Path) -> None:
        """Name it; it is made with the first change."""
        self._file = home / "refresh" / "tasks.json"
        self._lock = ProcessLock(home, "refresh-state")
        self._read: tuple[int, State] | None = None

    def read(self) -> State:
        """Return the state, that of tasks which never ran without a file that can be read."""
        try:
            written = self._file.stat().st_mtime_ns
            if self._read is None or self._read[0] != written:
                self._read = written, State.model_validate_json(self._file.read_bytes())
        except (OSError, ValidationError):
            return State()
        return self._read[1]

    def change(self, change: Callable[[State], State]) -> State:
        """Replace the state by what `change` makes of it, whole or not at all, and return it.

        Raises EnvironmentFault when another process holds the file for long.
        """
        if not self._lock.acquire(LOCK_SECONDS):
            raise EnvironmentFault(
                f"{self._file} is being changed by {self._lock.holder}", "run it again"
            )
        try:
            self._read = None
            state = change(self.read())
            private_folder(self._file.parent)
            unfinished = self._file.with_suffix(".new")
            unfinished.write_text(state.model_dump_json(indent=1), encoding="utf-8")
            unfinished.replace(self._file)
        finally:
            with suppress(OSError):
                self._lock.release()
        return state
