"""`firn publications` and `firn rollback`: what gold was and is -> listed, compared, put back."""

from typing import Annotated

import typer

from lake.lake import Lake, identifier_of
from lake.settings import Settings
from operations.cli.console import out, print_declared_exports
from operations.cli.faults import named_faults
from operations.cli.options import Target
from operations.terminal import print_json

app = typer.Typer(
    help="Show what was published, compare two publications, publish again after a hold.",
    invoke_without_command=True,
)
Id = Annotated[int, typer.Argument(help="A publication, by its number.", min=1)]


@app.callback()
@named_faults
def publications(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(help="How many of the last to print.", min=1)] = 20,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document, for programs.")
    ] = False,
    target: Target = None,
) -> None:
    """Show the last publications: when, of which areas, by which run, and how its tests went."""
    if context.invoked_subcommand is not None:
        return
    from operations.cli.publications_report import as_json, print_publications
    from operations.publication.book import read_publications, read_state

    lake = Lake(Settings.load(target=target))
    found, state = read_publications(lake, limit), read_state(lake)
    if json:
        print_json(as_json(found, state))
    else:
        print_publications(out, found, state)


@app.command()
@named_faults
def diff(first: Id, second: Id, *, target: Target = None) -> None:
    """Count by table the rows that were added, removed and changed between two publications."""
    from operations.cli.publications_report import print_diff
    from operations.publication.diff import compare_publications

    with out.status("comparing"):
        found = compare_publications(Settings.load(target=target), first, second)
    print_diff(out, first, second, found)


@app.command()
@named_faults
def release(*, target: Target = None) -> None:
    """Let runs publish again after a rollback that holds them."""
    from operations.publication.rollback import release as release_hold

    is_released = release_hold(Lake(Settings.load(target=target)))
    out.print("Runs publish again." if is_released else "Nothing was held.")


@named_faults
def rollback(
    publication: Annotated[
        int | None,
        typer.Argument(
            help="Its number. Default: the one before what readers see now.",
            min=1,
            show_default=False,
        ),
    ] = None,
    *,
    hold: Annotated[
        bool, typer.Option("--hold", help="Publish nothing until `firn publications release`.")
    ] = False,
    target: Target = None,
) -> None:
    """Let readers see an earlier publication of gold again: all its tables, at once."""
    from operations.cli.publications_report import print_rollback
    from operations.exports.declared import run_declared_exports
    from operations.publication.rollback import roll_back

    settings = Settings.load(target=target)
    lake = Lake(settings)
    done = roll_back(lake, publication, hold=hold)
    print_rollback(out, done, is_held=hold)
    exported = run_declared_exports(settings, lake, [identifier_of(name) for name in done.moved])
    if exported:
        print_declared_exports(out, exported)
