"""Firn itself, everything on: a topic -> `firn ingest` -> the raw table."""

import sys
from pathlib import Path

import yaml

from benchmarks.clickstream_topic import COLUMNS, RAW, table_of, topic_of
from benchmarks.contest import TOPICS, Arena, Command, Landed, Stage
from benchmarks.contestants.topic_contestant import TopicContestant

SOURCE = "clickstream"


class FirnTopic(TopicContestant):
    """The command in a project folder of its own, which holds nothing but the declaration."""

    name = "firn"
    title = "Firn"
    stages = TOPICS

    def prepare(self, arena: Arena) -> None:
        """Make the project folder, and the file that says where the broker is."""
        make_project(arena.project, arena.folder, arena.reader_url)

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return what a person would type."""
        environment = {
            "FIRN_PROJECT_DIR": str(arena.folder / "project"),
            "FIRN_HOME": str(arena.folder / "home"),
        }
        firn = Path(sys.executable).parent / "firn"
        return Command([str(firn), "ingest", f"{SOURCE}.{table_of(stage)}"], environment)

    def table(self, arena: Arena, stage: Stage) -> Landed | None:
        """Return the raw table."""
        return Landed("lake", arena.folder / "home" / "lake" / "catalog.db", (RAW, table_of(stage)))


def make_project(original: Path, folder: Path, servers: str) -> None:
    """Make a project in `folder`, with its home beside it, that declares the topics' tables."""
    project = folder / "project"
    declared = project / "models" / "raw" / f"{SOURCE}.yml"
    declared.parent.mkdir(parents=True)
    declared.write_text(yaml.safe_dump(_declaration()))
    for name in ("dbt_project.yml", "profiles"):
        (project / name).symlink_to(original / name)
    secrets = folder / "home" / "firn.env"
    secrets.parent.mkdir()
    secrets.touch(mode=0o600)
    secrets.write_text(f"CLICKS_KAFKA={servers}\n")


def _declaration() -> dict[str, object]:
    columns = [{"name": name, "data_type": kind} for name, kind in COLUMNS.items()]
    tables = []
    for stage in sorted(TOPICS):
        block = {"topics": topic_of(stage), "key": ["event_id"]}
        declared = {"config": {"meta": {"ingestion": block}}, "columns": columns}
        tables.append({"name": table_of(stage), **declared})
    ingestion = {"connector": "kafka", "connection": "CLICKS_KAFKA"}
    source = {"name": SOURCE, "schema": RAW, "config": {"meta": {"ingestion": ingestion}}}
    return {"sources": [{**source, "tables": tables}]}
