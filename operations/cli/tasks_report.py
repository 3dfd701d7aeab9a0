"""What `firn tasks` prints: a line for each task, then what a person should see to."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from operations.refresh.tasks.overview import TaskStatus
from operations.terminal import styled

NOTHING = "·"
STYLES = {"suspended": "bold red", "failing": "red"}


def print_tasks(to: Console, statuses: Sequence[TaskStatus]) -> None:
    """Print the tasks at the console's width."""
    if not statuses:
        to.print("No model declares config.meta.refresh or is a dynamic table.")
        return
    now = datetime.now(UTC)
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    for heading in ("task", "schedule", "state", "last run", "took", "due", "waits", "lag"):
        grid.add_column(heading, no_wrap=heading in {"task", "state"})
    for status in statuses:
        style = STYLES.get(status.state, "")
        state = styled(f"[{style}]{{}}[/]", status.state) if style else status.state
        took = NOTHING if status.seconds is None else f"{status.seconds:.1f} s"
        waits = f"{status.waiting_seconds:.0f} s" if status.waiting_seconds else NOTHING
        grid.add_row(
            status.name,
            status.schedule,
            state,
            _last(status, now),
            took,
            _due(status, now),
            waits,
            _lag(status),
        )
    to.print(grid)
    for status in statuses:
        if status.state in STYLES:
            said = f"{status.reason} {status.message}".strip()
            to.print(
                styled("[bold red]{}[/] {}: {}", status.state, status.name, said), soft_wrap=True
            )
        if status.state == "suspended" and not status.reason.startswith("upstream"):
            to.print(
                styled("     [bold]fix[/]: correct it, then: firn tasks resume {}", status.name)
            )


def _last(status: TaskStatus, now: datetime) -> str:
    if status.last_run_at is None:
        return "never"
    ago = max(0.0, (now - status.last_run_at).total_seconds())
    return f"{status.outcome or NOTHING}, {_short(ago)} ago"


def _due(status: TaskStatus, now: datetime) -> str:
    if status.due_at is None:
        return NOTHING
    seconds = (status.due_at - now).total_seconds()
    return "now" if seconds <= 0 else f"in {_short(seconds)}"


def _lag(status: TaskStatus) -> str | Text:
    if status.target_lag_seconds is None:
        return NOTHING if status.lag_seconds is None else f"{status.lag_seconds:.0f} s"
    lag = "?" if status.lag_seconds is None else f"{status.lag_seconds:.0f}"
    said = f"{lag} of {status.target_lag_seconds:.0f} s"
    return styled("[bold red]{}[/]", said) if status.is_late else said


def _short(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"
