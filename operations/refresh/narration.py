"""What a refresher tells: decisions and results of tasks -> lines for a person, metrics."""

from __future__ import annotations

from operations.refresh.history import Outcome, Trigger
from operations.refresh.tasks.results import TaskRun
from operations.refresh.tasks.schedule import Decision
from operations.refresh.tasks.task import Task
from operations.refresh.view import View


class Narrator:
    """Tells a view what becomes of tasks."""

    def __init__(self, view: View) -> None:
        """Tell `view`."""
        self.view = view

    def doing(self, text: str) -> None:
        """Say what goes on now."""
        self.view.doing(text)

    def decided(self, decision: Decision) -> None:
        """Say that a task is skipped."""
        self.view.say("skipped", f"{decision.task}: {decision.reason}", "yellow")

    def ran(self, run: TaskRun) -> None:
        """Say how a task's run ended."""
        task, result = run.task, run.result
        self.view.metrics.refreshed(task.name, str(result.outcome or "unknown"), result.seconds)
        asked = ", asked for" if run.trigger is Trigger.MANUAL else ""
        if result.outcome is Outcome.SUCCESS:
            self.view.say("refreshed", f"{task.name}, {result.seconds:.1f} s{asked}", "green")
        elif result.outcome is Outcome.FAILED:
            self.view.failed("failed", f"{task.name}{asked}: {result.message}")
        else:
            self.view.say("skipped", f"{task.name}: {result.message}", "yellow")

    def retries(self, task: Task, seconds: float) -> None:
        """Say when a task that failed is tried again."""
        self.view.say("retry", f"{task.name}, in {seconds:.0f} s", "yellow")

    def suspended(self, task: Task, reason: str) -> None:
        """Say that a task is suspended."""
        said = f"{task.name}, {reason}; when it is corrected: firn tasks resume {task.name}"
        self.view.say("suspended", said, "bold red")

    def failed(self, what: str, message: str) -> None:
        """Say what failed, with its message."""
        self.view.failed(what, message)
