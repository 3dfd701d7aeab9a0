"""Lineitem from PostgreSQL into Iceberg: Firn, dlt, Spark and the floor -> docs/benchmarks.md.

Run it with `make bench-postgres`, or `python -m benchmarks.postgres_lineitem --help`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.contest import Arena, Contestant, Stage
from benchmarks.contestants.copy_floor import CopyFloor
from benchmarks.contestants.dlt_connectorx import DltConnectorx
from benchmarks.contestants.dlt_pyarrow import DltPyarrow
from benchmarks.contestants.firn import Firn
from benchmarks.contestants.python_start import PythonStart
from benchmarks.contestants.spark_jdbc import SparkJdbc
from benchmarks.figures import Figures, Reached, Target
from benchmarks.lineitem import Lineitem
from benchmarks.lineitem_referee import LineitemReferee
from benchmarks.machine import describe_machine, load_per_core, own_versions, peer_versions
from benchmarks.program import (
    COMPILED_ONCE,
    STANDARD_ROUNDS,
    chosen,
    limits_of,
    listed,
    page_of,
    peers_environment,
    say,
    work_folder,
)
from benchmarks.report import Section, idleness, write_section
from benchmarks.rounds import Contest, Terms
from lake.settings import Settings
from operations.cli.faults import named_faults
from sandbox.postgres import EmbeddedPostgres

CONTESTANTS: tuple[Contestant, ...] = (
    Firn(), DltConnectorx(), DltPyarrow(), SparkJdbc(), CopyFloor(), PythonStart(),
)  # fmt: skip
PEERS = "bench-venv"
OWN_PACKAGES = ("pyiceberg", "pyarrow", "asyncpg", "pyspark", "duckdb")
PEER_PACKAGES = ("dlt", "connectorx", "psycopg2-binary", "pyiceberg", "pyarrow", "tpchgen-cli")
ABOUT = """
TPC-H lineitem with its primary key, `numeric(15,2)` amounts and an indexed cursor column, read over
TCP on the same machine. *Full load*: the whole table into an empty lake. *1 % changed*: a scattered
hundredth of the rows got a new quantity and a new cursor; Firn appends their new versions, dlt
merges them into its table. *Nothing changed*: the same commands once more. dlt runs with its
defaults, but exact decimal types and the cheaper open cursor range; Spark with Firn's own profile.
"""


def _memory_gb(figures: Figures) -> Reached | None:
    figure = figures.of(Stage.FULL, Firn.name)
    return Reached(figure.peak_bytes / 1e9) if figure and figure.counts else None


def _seconds_past_start(figures: Figures) -> Reached | None:
    ours = figures.of(Stage.NOTHING, Firn.name)
    start = figures.of(Stage.NOTHING, PythonStart.name)
    return Reached(ours.seconds - start.seconds) if ours and start and ours.counts else None


def _against(stage: Stage, peer: type[Contestant], bound: float) -> Target:
    text = f"{stage}: at least {bound:g} times as fast as {peer.title}"
    return Target(text, lambda f: f.ratio(stage, peer.name, Firn.name), bound, at_least=True)


def _above_floor(stage: Stage, bound: float) -> Target:
    text = f"{stage}: at most {bound:g} times the floor"
    return Target(text, lambda f: f.ratio(stage, Firn.name, CopyFloor.name), bound, at_least=False)


TARGETS = (
    _against(Stage.FULL, DltConnectorx, 2.5),
    _against(Stage.FULL, DltPyarrow, 6),
    _against(Stage.FULL, SparkJdbc, 2),
    _above_floor(Stage.FULL, 1.3),
    Target("full load: at most 0.6 GB of memory", _memory_gb, 0.6, at_least=False, unit="GB"),
    _against(Stage.CHANGES, DltConnectorx, 5),
    Target(
        "nothing changed: at most 0.3 s past the interpreter's start",
        _seconds_past_start,
        0.3,
        at_least=False,
        unit="s",
    ),
)


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
@named_faults
def main(
    *,
    scale: Annotated[float, typer.Option(help="TPC-H scale factor: 1 is 6 million rows.")] = 1,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are over them.", min=1)] = 5,
    only: Annotated[list[str] | None, typer.Option(help="Contestants by name; none: all.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds after which a run is stopped.")] = 900,
    keep: Annotated[bool, typer.Option(help="Keep the database and what was landed.")] = False,
) -> None:
    """Measure Firn, its peers and the floors, and write what came out to docs/benchmarks.md.

    The peers' environment is FIRN_HOME/bench-venv. A trial (a scale below 1, fewer than 5 rounds,
    --only) is written to FIRN_HOME/bench/benchmarks.md instead.
    """
    out = Console(highlight=False, soft_wrap=True)
    settings = Settings.load()
    contestants = chosen(CONTESTANTS, only or [])
    peers = peers_environment(settings, PEERS, "make bench-postgres")
    limits = limits_of(timeout)
    conditions = {"rounds": str(rounds), "machine": describe_machine()}
    conditions["the machine was"] = idleness(load_per_core())
    with _server(settings, keeps=keep) as server:
        data = Lineitem(server, Decimal(str(scale)))
        out.print(f"Lineitem at scale {scale:g}: generating and loading it, unless it was kept.")
        data.ensure(peers / "bin" / "tpchgen-cli")
        contest = Contest(
            contestants,
            LineitemReferee(data),
            _arena(settings, peers, data),
            Terms(rounds, limits, keep),
        )
        runs = contest.hold(settings.environment() | COMPILED_ONCE, lambda run: say(out, run))
        conditions |= _versions(peers, data)
    title = f"lineitem from PostgreSQL, scale factor {scale:g}"
    section = Section(title, ABOUT, conditions, contestants, TARGETS)
    is_trial = bool(only) or scale < 1 or rounds < STANDARD_ROUNDS
    page = page_of(settings, is_trial=is_trial)
    write_section(page, title, section.as_markdown(Figures(runs)))
    out.print(f"Written to {page}")


@contextmanager
def _server(settings: Settings, *, keeps: bool) -> Iterator[EmbeddedPostgres]:
    """Yield a running server; at the end, stop it and, unless it `keeps` its data, delete it."""
    server = EmbeddedPostgres(work_folder(settings) / "postgres")
    server.start()
    try:
        yield server
    finally:
        if keeps:
            server.stop()
        else:
            server.destroy()


def _arena(settings: Settings, peers: Path, data: Lineitem) -> Arena:
    folder = work_folder(settings) / "rounds"
    shutil.rmtree(folder, ignore_errors=True)
    return Arena(
        project=settings.project_dir,
        folder=folder,
        peers_python=peers / "bin" / "python",
        reader_url=data.reader_url,
        owner_url=data.owner_url,
        since="",
    )


def _versions(peers: Path, data: Lineitem) -> dict[str, str]:
    theirs = peer_versions(peers / "bin" / "python", PEER_PACKAGES)
    return {
        "data": f"{data.rows_count():,} rows, {data.size_bytes() / 1e6:,.0f} MB in PostgreSQL",
        "PostgreSQL": data.server_version(),
        "Firn's and Spark's environment": listed(own_versions(OWN_PACKAGES)),
        "dlt's environment": listed(theirs),
    }


if __name__ == "__main__":
    app()
