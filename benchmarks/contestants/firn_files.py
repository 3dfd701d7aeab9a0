"""Firn itself, everything on: a dropped file -> `firn ingest` -> the raw table."""

import sys
from pathlib import Path

import yaml

from benchmarks.contest import Arena, Command, Landed, Stage
from benchmarks.contestants.file_contestant import FileContestant
from benchmarks.lineitem_files import COLUMNS, FORMATS, RAW, table_of


class FirnFiles(FileContestant):
    """The command in a project folder of its own, which holds nothing but the declaration."""

    name = "firn"
    title = "Firn"

    def prepare(self, arena: Arena) -> None:
        """Make the project folder, and the file that says where the files are."""
        project = arena.folder / "project"
        declared = project / "models" / "raw" / "tpch.yml"
        declared.parent.mkdir(parents=True)
        declared.write_text(yaml.safe_dump(_declaration()))
        for name in ("dbt_project.yml", "profiles"):
            (project / name).symlink_to(arena.project / name)
        secrets = arena.folder / "home" / "firn.env"
        secrets.parent.mkdir()
        secrets.touch(mode=0o600)
        secrets.write_text(f"TPCH_FILES={arena.reader_url}\n")

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return what a person would type."""
        environment = {
            "FIRN_PROJECT_DIR": str(arena.folder / "project"),
            "FIRN_HOME": str(arena.folder / "home"),
        }
        firn = Path(sys.executable).parent / "firn"
        return Command([str(firn), "ingest", f"tpch.{table_of(stage)}"], environment)

    def table(self, arena: Arena, stage: Stage) -> Landed:
        """Return the raw table."""
        return Landed("lake", arena.folder / "home" / "lake" / "catalog.db", (RAW, table_of(stage)))


def _declaration() -> dict[str, object]:
    columns = [{"name": name, "data_type": kind} for name, kind in COLUMNS.items()]
    tables = [
        {
            "name": table_of(stage),
            "config": {
                "meta": {
                    "ingestion": {
                        "files": f"{table_of(stage)}/*",
                        "format": name,
                        "key": ["l_orderkey", "l_linenumber"],
                    }
                }
            },
            "columns": columns,
        }
        for stage, name in FORMATS.items()
    ]
    ingestion = {"connector": "files", "connection": "TPCH_FILES"}
    source = {"name": "tpch", "schema": RAW, "config": {"meta": {"ingestion": ingestion}}}
    return {"sources": [{**source, "tables": tables}]}
