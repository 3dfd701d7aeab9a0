"""dbt-duckdb as it comes: models -> tables of one DuckDB file."""

from pathlib import Path

from benchmarks.contest import Arena, Command, Stage
from benchmarks.contestants.dbt_project import (
    DbtContestant,
    peers_command,
    write_plain_project,
)
from benchmarks.trivial_models import SCHEMA, built_names

PROFILE = """
trivial:
  target: dev
  outputs:
    dev: {{type: duckdb, path: "{file}", schema: {schema}, threads: 4}}
"""


class DbtDuckdb(DbtContestant):
    """No Java, no Iceberg: what dbt itself costs."""

    name = "dbt-duckdb"
    title = "dbt-duckdb"

    def lay_out(self, project: Path, arena: Arena) -> None:
        """Write a plain project over one DuckDB file."""
        write_plain_project(project, PROFILE.format(file=_file(arena), schema=SCHEMA))

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return `dbt run`."""
        return peers_command(arena, stage)

    def tables(self, arena: Arena, stage: Stage) -> dict[str, list[int]]:
        """Return what the file holds."""
        import duckdb

        with duckdb.connect(str(_file(arena)), read_only=True) as database:
            return {
                name: [row[0] for row in database.sql(f"select id from {SCHEMA}.{name}").fetchall()]
                for name in built_names(stage)
            }


def _file(arena: Arena) -> Path:
    return arena.folder / "lake.duckdb"
