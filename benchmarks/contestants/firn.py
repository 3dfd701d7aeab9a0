"""Firn itself, everything on: PostgreSQL -> `firn ingest` -> the raw table."""

import shutil
import sys
from pathlib import Path

from benchmarks.contest import LANDING, SCHEMA, TABLE, Arena, Command, Contestant, Landed, Stage

DECLARATION = Path(__file__).parent.parent / "lineitem.yml"
CURRENT = """
select * from landed
qualify row_number() over (
    partition by l_orderkey, l_linenumber order by l_updated_at desc, _ingested_at desc
) = 1
"""


class Firn(Contestant):
    """The command in a project folder of its own, which holds nothing but the declaration."""

    name = "firn"
    title = "Firn"
    stages = LANDING

    def prepare(self, arena: Arena) -> None:
        """Make the project folder, and the file that holds the connection."""
        project = arena.folder / "project"
        declared = project / "models" / "raw" / f"{SCHEMA}.yml"
        declared.parent.mkdir(parents=True)
        shutil.copyfile(DECLARATION, declared)
        for name in ("dbt_project.yml", "profiles"):
            (project / name).symlink_to(arena.project / name)
        secrets = arena.folder / "home" / "firn.env"
        secrets.parent.mkdir()
        secrets.touch(mode=0o600)
        secrets.write_text(f"TPCH_DATABASE_URL={arena.reader_url}\n")

    def command(self, arena: Arena, stage: Stage) -> Command:  # noqa: ARG002
        """Return the same command for every stage: what is new is Firn's to find out."""
        environment = {
            "FIRN_PROJECT_DIR": str(arena.folder / "project"),
            "FIRN_HOME": str(arena.folder / "home"),
        }
        firn = Path(sys.executable).parent / "firn"
        return Command([str(firn), "ingest", f"{SCHEMA}.{TABLE}"], environment)

    def landed(self, arena: Arena) -> Landed:
        """Return the raw table, where of all versions of a row the newest one counts."""
        catalog_file = arena.folder / "home" / "lake" / "catalog.db"
        return Landed("lake", catalog_file, (f"raw_{SCHEMA}", TABLE), CURRENT)
