"""What contestants that run dbt share: two projects in one folder -> `dbt run` and its tables."""

import subprocess
from abc import abstractmethod
from pathlib import Path

from benchmarks.contest import Arena, Command, Contestant, Stage
from benchmarks.trivial_models import selection, write_models

PLAIN_PROJECT = """
name: trivial
version: "1.0"
profile: trivial
model-paths: [models]
flags: {send_anonymous_usage_stats: false}
"""


class DbtContestant(Contestant):
    """One way to run dbt; what is measured is never the first run in its lake."""

    stages = frozenset({Stage.MANY, Stage.ONE})

    def prepare(self, arena: Arena) -> None:
        """Write both projects, and build each once: a lake is there and dbt has parsed before.

        Raises CalledProcessError when that fails.
        """
        for stage in sorted(self.stages):
            project = project_of(arena, stage)
            project.mkdir()
            self.lay_out(project, arena)
            write_models(project, stage)
        self.start(arena)
        for stage in sorted(self.stages):
            command = self.command(arena, stage)
            with (arena.folder / f"first_{stage.name.lower()}.log").open("wb") as log:
                subprocess.run(
                    command.arguments,
                    cwd=arena.folder,
                    env=self.base_environment() | command.environment,
                    input=command.stdin.encode(),
                    stdout=log,
                    stderr=log,
                    check=True,
                )

    @abstractmethod
    def lay_out(self, project: Path, arena: Arena) -> None:
        """Make a project folder, models apart."""

    def start(self, arena: Arena) -> None:
        """Start what has to run before dbt does; nothing by default."""

    @abstractmethod
    def tables(self, arena: Arena, stage: Stage) -> dict[str, list[int]]:
        """Return the ids that each table of a stage holds."""

    def base_environment(self) -> dict[str, str]:
        """Return the environment of programs that are not measured."""
        from benchmarks.program import COMPILED_ONCE
        from lake.settings import Settings

        return Settings.load().environment() | COMPILED_ONCE


def project_of(arena: Arena, stage: Stage) -> Path:
    """Return the folder of a stage's project."""
    return arena.folder / stage.name.lower()


def target_of(arena: Arena, stage: Stage) -> Path:
    """Return the folder of dbt's artefacts of a stage."""
    return arena.folder / f"target_{stage.name.lower()}"


def arguments_of(arena: Arena, stage: Stage) -> list[str]:
    """Return dbt's own arguments, for whatever starts it."""
    project = project_of(arena, stage)
    return [
        "run",
        *("--project-dir", str(project), "--profiles-dir", str(project / "profiles")),
        *("--target-path", str(target_of(arena, stage))),
        *("--log-path", str(arena.folder / "logs")),
        *selection(stage),
    ]


def peers_command(arena: Arena, stage: Stage) -> Command:
    """Return `dbt run` in the peers' environment."""
    dbt = arena.peers_python.parent / "dbt"
    return Command([str(dbt), *arguments_of(arena, stage)])


def write_plain_project(project: Path, profile: str) -> None:
    """Write a project as `dbt init` would, and its profile."""
    (project / "dbt_project.yml").write_text(PLAIN_PROJECT, encoding="utf-8")
    (project / "profiles").mkdir()
    (project / "profiles" / "profiles.yml").write_text(profile, encoding="utf-8")
