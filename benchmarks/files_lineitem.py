"""Lineitem from files into Iceberg: Firn, polars, DuckDB and Spark -> docs/benchmarks.md.

Run it with `make bench-files`, or `python -m benchmarks.files_lineitem --help`.
"""

import shutil
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.contest import Arena, Contestant, Stage
from benchmarks.contestants.duckdb_files import DuckdbFiles
from benchmarks.contestants.file_contestant import FileContestant
from benchmarks.contestants.firn_files import FirnFiles
from benchmarks.contestants.polars_files import PolarsFiles
from benchmarks.contestants.spark_files import SparkFiles
from benchmarks.figures import Figures, Target
from benchmarks.lineitem_files import CHECKSUM, LineitemFiles
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
from benchmarks.verify import Checksum, differences
from lake.settings import Settings
from operations.cli.faults import named_faults

CONTESTANTS: tuple[Contestant, ...] = (FirnFiles(), PolarsFiles(), DuckdbFiles(), SparkFiles())
PEERS = "bench-venv"
OWN_PACKAGES = ("pyiceberg", "pyarrow", "pyspark", "duckdb")
PEER_PACKAGES = ("polars", "duckdb", "pyiceberg", "pyarrow", "tpchgen-cli")
STANDARD_SCALE = 1.3
ABOUT = """
One file of TPC-H lineitem into a new Iceberg table: about a gigabyte of CSV, of JSON Lines, and the
same rows as Parquet. Firn checks, hashes and counts every row, and adds where it comes from; the
peers do what their documentation has. DuckDB writes Parquet, which pyiceberg adds to a table;
polars hands Arrow to pyiceberg. Exact decimals for all, but polars reads JSON's as doubles.
"""


class FilesReferee:
    """Judges tables by the checksum of the file that they were made from."""

    def __init__(self, files: LineitemFiles) -> None:
        """Judge by `files`."""
        self._files = files
        self._expected: dict[Stage, Checksum] = {}

    def admit(self, arena: Arena) -> Arena:
        """Return the arena as it is."""
        return arena

    def open(self, stage: Stage, turn: int) -> None:  # noqa: ARG002
        """Note what a stage must come to."""
        if stage not in self._expected:
            self._expected[stage] = self._files.checksum(stage)

    def complaint(self, contestant: Contestant, arena: Arena, stage: Stage) -> str:
        """Return what the table holds otherwise than the file."""
        if not isinstance(contestant, FileContestant):
            return "lands no file"
        return differences(self._expected[stage], contestant.table(arena, stage), CHECKSUM)


def _against(stage: Stage, peer: Contestant, bound: float) -> Target:
    text = f"{stage}: at least {bound:g} times as fast as {peer.title}"
    return Target(text, lambda f: f.ratio(stage, peer.name, FirnFiles.name), bound, at_least=True)


TARGETS = tuple(
    _against(stage, peer, bound)
    for stage, bounds in (
        (Stage.CSV, (1, 2.5)),
        (Stage.JSON_LINES, (1, 2.5)),
        (Stage.PARQUET, (20, 20)),
    )
    for peer, bound in zip((PolarsFiles(), SparkFiles()), bounds, strict=True)
)

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
@named_faults
def main(
    *,
    scale: Annotated[float, typer.Option(help="TPC-H scale factor.")] = STANDARD_SCALE,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are over them.", min=1)] = 5,
    only: Annotated[list[str] | None, typer.Option(help="Contestants by name; none: all.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds after which a run is stopped.")] = 600,
    keep: Annotated[bool, typer.Option(help="Keep the files and the lakes.")] = False,
) -> None:
    """Measure Firn and its peers on files, and write what came out to docs/benchmarks.md.

    The peers' environment is FIRN_HOME/bench-venv. A trial (a smaller scale, fewer than 5 rounds,
    --only) is written to FIRN_HOME/bench/benchmarks.md instead.
    """
    out = Console(highlight=False, soft_wrap=True)
    settings = Settings.load()
    contestants = chosen(CONTESTANTS, only or [])
    peers = peers_environment(settings, PEERS, "make bench-files")
    conditions = {"rounds": str(rounds), "machine": describe_machine()}
    conditions["the machine was"] = idleness(load_per_core())
    folder = work_folder(settings) / "files"
    shutil.rmtree(folder / "rounds", ignore_errors=True)
    files = LineitemFiles(folder / f"data-{scale:g}", scale)
    out.print(f"Lineitem at scale {scale:g}: making the files, unless they were kept.")
    files.ensure(peers / "bin" / "tpchgen-cli")
    conditions["data"] = files.sizes()
    conditions["Firn's and Spark's environment"] = listed(own_versions(OWN_PACKAGES))
    python = peers / "bin" / "python"
    conditions["the peers' environment"] = listed(peer_versions(python, PEER_PACKAGES))
    arena = Arena(settings.project_dir, folder / "rounds", python, reader_url=str(files.folder))
    contest = Contest(
        contestants, FilesReferee(files), arena, Terms(rounds, limits_of(timeout), keep)
    )
    runs = contest.hold(settings.environment() | COMPILED_ONCE, lambda run: say(out, run))
    title = "lineitem from files"
    section = Section(title, ABOUT, conditions, contestants, TARGETS)
    is_trial = bool(only) or scale < STANDARD_SCALE or rounds < STANDARD_ROUNDS
    page = page_of(settings, is_trial=is_trial)
    write_section(page, title, section.as_markdown(Figures(runs)))
    if not keep:
        shutil.rmtree(files.folder)
    out.print(f"Written to {page}")


if __name__ == "__main__":
    app()
