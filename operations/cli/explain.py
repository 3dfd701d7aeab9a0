"""`firn explain`: a model -> how it is refreshed, why, and what that costs."""

from typing import Annotated

import typer

from lake.settings import Settings
from operations.cli.console import out
from operations.cli.faults import named_faults
from operations.cli.options import Target
from operations.terminal import print_json


@named_faults
def explain(
    model: Annotated[str, typer.Argument(help="The name of a model, such as sales_daily.")],
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document, for programs.")
    ] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL that would run, too.")] = False,
    target: Target = None,
) -> None:
    """Show what a model's next refresh would do and why, by what rows, and what the last cost.

    Nothing is built: dbt compiles the model, and metadata says what changed upstream.
    """
    from operations.refresh.explain import as_document
    from operations.refresh.explain import explain as explained

    with out.status("compiling"):
        found = explained(Settings.load(target=target), model)
    if json:
        print_json(as_document(found))
    else:
        from operations.cli.explain_report import print_explanation

        print_explanation(out, found, with_sql=sql)
