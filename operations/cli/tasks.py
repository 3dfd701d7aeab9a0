"""`firn refresh` and `firn tasks`: declared tasks -> run when due, shown, suspended, resumed."""

from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out
from operations.cli.faults import named_faults
from operations.cli.options import MetricsPort, Target
from operations.terminal import print_json

app = typer.Typer(
    help="Show the tasks that models declare, suspend and resume them, run one now.",
    invoke_without_command=True,
)
Name = Annotated[str, typer.Argument(help="A task: the name of its model.")]


@named_faults
def refresh(
    *,
    select: Annotated[
        list[str] | None,
        typer.Option(help="Only this task; may be given again. Default: all.", show_default=False),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Run what is due, then end; for cron and Airflow.")
    ] = False,
    metrics_port: MetricsPort = None,
    target: Target = None,
) -> None:
    """Run the tasks that models declare when they are due, until Ctrl-C or SIGTERM."""
    from operations.refresh.refresh import Choice
    from operations.refresh.refresh import refresh as run_tasks
    from operations.refresh.view import View

    settings = Settings.load(target=target)
    if not run_tasks(settings, Choice(select or [], is_once=once), View(out, metrics_port)):
        raise typer.Exit(1 if once else 0)


@app.callback()
@named_faults
def tasks(
    context: typer.Context,
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document, for programs.")
    ] = False,
    target: Target = None,
) -> None:
    """Show each task: its schedule, last run, when it is due, and its lag against the target."""
    if context.invoked_subcommand is not None:
        return
    from operations.refresh.tasks.overview import as_document, task_statuses
    from operations.refresh.tasks.project import read_all_tasks

    settings = Settings.load(target=target)
    found = task_statuses(settings, read_all_tasks(settings))
    if json:
        import json as encoder

        print_json(encoder.dumps(as_document(found), indent=2))
    else:
        from operations.cli.tasks_report import print_tasks

        print_tasks(out, found)


@app.command()
@named_faults
def suspend(name: Name, *, target: Target = None) -> None:
    """Run a task no more, nor those that come from it, until it is resumed."""
    from operations.refresh.tasks.control import suspend as suspend_task
    from operations.refresh.tasks.project import read_all_tasks

    settings = Settings.load(target=target)
    others = suspend_task(settings, read_all_tasks(settings), name)
    also = f", with {', '.join(others)}" if others else ""
    out.print(f"{name} is suspended{also}.", soft_wrap=True)


@app.command()
@named_faults
def resume(name: Name, *, target: Target = None) -> None:
    """Let a suspended task go on; those upstream of it come first."""
    from operations.refresh.tasks.control import resume as resume_task
    from operations.refresh.tasks.project import read_all_tasks

    settings = Settings.load(target=target)
    resume_task(settings, read_all_tasks(settings), name)
    out.print(f"{name} goes on.")


@app.command()
@named_faults
def run(name: Name, *, target: Target = None) -> None:
    """Run a task now, by the refresher if one is there; it is never skipped."""
    from operations.refresh.manual import run_now
    from operations.refresh.view import View

    answer = run_now(Settings.load(target=target), name, View(out))
    out.print(f"{name} is refreshed, {answer.seconds:.1f} s.")
