"""Options and arguments that several commands share: one definition each, one help text."""

from typing import Annotated

import typer

Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        "-t",
        help="The target of profiles.yml, as dbt takes it. Default: DBT_TARGET, else the"
        " profile's own.",
        show_default=False,
    ),
]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        help="Serve metrics for Prometheus on this port of 127.0.0.1; 0: any that is free.",
        min=0,
        max=65535,
        show_default=False,
    ),
]
Selection = Annotated[
    list[str] | None, typer.Argument(help="Sources or tables, such as shop or shop.orders.")
]
Tables = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[LAYER|SOURCE|TABLE]...",
        help="Layers (raw, quarantine, silver, gold, all), sources (shop) or tables"
        " (silver.shop__orders). A layer and a source together: what is in both. None: all.",
    ),
]
