"""What dbt on Spark costs beside the work: plain, Firn cold, warm, resident -> docs/benchmarks.md.

Run it with `make bench-dbt`, or `python -m benchmarks.dbt_trivial --help`.
"""

import shutil
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.contest import Arena, Contestant, Stage
from benchmarks.contestants.dbt_duckdb import DbtDuckdb
from benchmarks.contestants.dbt_firn import FirnCold, FirnResident, FirnWarm
from benchmarks.contestants.dbt_project import DbtContestant, target_of
from benchmarks.contestants.dbt_spark_plain import DbtSparkPlain
from benchmarks.figures import Figures, Reached, Target
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
from benchmarks.trivial_models import built_names, results_complaint
from lake.settings import Settings
from operations.cli.faults import named_faults

CONTESTANTS: tuple[Contestant, ...] = (
    DbtSparkPlain(), FirnCold(), FirnWarm(), FirnResident(), DbtDuckdb(),
)  # fmt: skip
PEERS = "bench-dbt-venv"
TITLE = "dbt run of trivial models"
OWN_PACKAGES = ("dbt-core", "dbt-spark", "pyspark")
PEER_PACKAGES = ("dbt-core", "dbt-spark", "pyspark", "dbt-duckdb", "duckdb")
ABOUT = """
`select 1 as id` as a table, 20 times, and one such model selected out of 100: what dbt and Spark
cost beside the work. Every contestant has built both projects once before, with four threads.
*Plain* is dbt-spark in session mode as its documentation and Iceberg's have it (a Hadoop catalog on
this disk, the jar at hand; a session with Hive, as dbt-spark opens it). *Cold* is `dbt run` in a
Firn project. *Warm* is the same with `--target warm` after `firn spark start`. *Resident* asks a
process that keeps dbt, the parsed project and Spark. CPU and memory of the warm and the resident
Spark are not counted. dbt-duckdb writes tables of its own kind, no Iceberg.
"""


class TrivialReferee:
    """Every model was built in this very run, and its table holds one row: 1."""

    def admit(self, arena: Arena) -> Arena:
        """Return the arena as it is."""
        return arena

    def open(self, stage: Stage, turn: int) -> None:
        """Leave all as it is."""

    def complaint(self, contestant: Contestant, arena: Arena, stage: Stage) -> str:
        """Return what dbt's results or the tables say otherwise."""
        if not isinstance(contestant, DbtContestant):
            raise TypeError(f"{contestant.name} builds no models")
        if complaint := results_complaint(target_of(arena, stage), stage):
            return complaint
        found = contestant.tables(arena, stage)
        expected = {name: [1] for name in built_names(stage)}
        return "" if found == expected else f"tables hold {found}"


def _of_plain(contestant: type[Contestant], bound: float) -> Target:
    text = f"{Stage.MANY}: {contestant.title} at most {bound:g} of plain"
    return Target(
        text,
        lambda f: f.ratio(Stage.MANY, contestant.name, DbtSparkPlain.name),
        bound,
        at_least=False,
    )


def _within(contestant: type[Contestant], seconds: float) -> Target:
    def reached(figures: Figures) -> Reached | None:
        figure = figures.of(Stage.ONE, contestant.name)
        return Reached(figure.seconds) if figure and figure.counts else None

    text = f"{Stage.ONE}: {contestant.title} in {seconds:g} s"
    return Target(text, reached, seconds, at_least=False, unit="s")


TARGETS = (
    _of_plain(FirnCold, 0.65),
    _of_plain(FirnWarm, 0.45),
    _of_plain(FirnResident, 0.2),
    _within(FirnWarm, 4),
    _within(FirnResident, 2.5),
)

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
@named_faults
def main(
    *,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are over them.", min=1)] = 5,
    only: Annotated[list[str] | None, typer.Option(help="Contestants by name; none: all.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds after which a run is stopped.")] = 600,
    keep: Annotated[bool, typer.Option(help="Keep the projects and lakes.")] = False,
) -> None:
    """Measure dbt on Spark, plain and with Firn, and write what came out to docs/benchmarks.md.

    The peers' environment is FIRN_HOME/bench-dbt-venv. A trial (fewer than 5 rounds, --only) is
    written to FIRN_HOME/bench/benchmarks.md instead.
    """
    out = Console(highlight=False, soft_wrap=True)
    settings = Settings.load()
    contestants = chosen(CONTESTANTS, only or [])
    python = peers_environment(settings, PEERS, "make bench-dbt") / "bin" / "python"
    conditions = {"rounds": str(rounds), "machine": describe_machine()}
    conditions["the machine was"] = idleness(load_per_core())
    conditions["Firn's environment"] = listed(own_versions(OWN_PACKAGES))
    conditions["the peers' environment"] = listed(peer_versions(python, PEER_PACKAGES))
    folder = work_folder(settings) / "dbt"
    shutil.rmtree(folder, ignore_errors=True)
    arena = Arena(settings.project_dir, folder, python)
    terms = Terms(rounds, limits_of(timeout), keep, afresh=False)
    contest = Contest(contestants, TrivialReferee(), arena, terms)
    runs = contest.hold(settings.environment() | COMPILED_ONCE, lambda run: say(out, run))
    section = Section(
        TITLE, ABOUT, conditions, contestants, TARGETS, DbtSparkPlain.name, "plain dbt-spark"
    )
    page = page_of(settings, is_trial=bool(only) or rounds < STANDARD_ROUNDS)
    write_section(page, TITLE, section.as_markdown(Figures(runs)))
    out.print(f"Written to {page}")


if __name__ == "__main__":
    app()
