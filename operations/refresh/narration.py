"""What a refresher tells: decisions and results of tasks -> lines for a person, metrics."""

from __future__ import annotations

from operations.refresh.history import Outcome, Trigger
from operations.refresh.tasks.results import Result
from operations.refresh.tasks.schedule import Decision
from operations.refresh.tasks.task import Task
from operations.refresh.view import View


class Narrator:
    """Tells a view what becomes of tasks."""

    def __init__(self, view: View) -> None:
        """Tell `view`."""
        self._view = view

    def doing(self, text: str) -> None:
        """Say what goes on now."""
        self._view.doing(text)

    def decided(self, decision: Decision) -> None:
        """Say that a task is skipped."""
        self._view.say("skipped", f"{decision.task}: {decision.reason}", "yellow")

    def ran(self, task: Task, result: Result, trigger: Trigger) -> None:
        """Say how a task's run ended."""
        self._view.metrics.refreshed(task.name, str(result.outcome or "unknown"), result.seconds)
        asked = ", asked for" if trigger is Trigger.MANUAL else ""
        if result.outcome is Outcome.SUCCESS:
            self._view.say("refreshed", f"{task.name}, {result.seconds:.1f} s{asked}", "green")
        elif result.outcome is Outcome.FAILED:
            self._view.failed("failed", f"{task.name}{asked}: {result.message}")
        else:
            self._view.say("skipped", f"{task.name}: {result.message}", "yellow")

    def suspended(self, task: Task, reason: str) -> None:
        """Say that a task is suspended."""
        said = f"{task.name}, {reason}; when it is corrected: firn tasks resume {task.name}"
        self._view.say("suspended", said, "bold red")

    def failed(self, what: str, message: str) -> None:
        """Say what failed, with its message."""
        self._view.failed(what, message)
