"""Firn's dbt, started anew, through a warm Spark, or resident -> the same tables in its lake."""

import subprocess
import sys
from pathlib import Path

from benchmarks.contest import Arena, Command, Stage
from benchmarks.contestants.dbt_project import (
    DbtContestant,
    arguments_of,
    project_of,
)
from benchmarks.contestants.resident_dbt import ask, wait_for
from benchmarks.trivial_models import SCHEMA, built_names
from lake.processes import free_port

BINARIES = Path(sys.executable).parent


class FirnCold(DbtContestant):
    """Plain `dbt run` in a Firn project: Java is started, and ends with the command."""

    name = "cold"
    title = "Firn, cold"
    target = "dev"

    def lay_out(self, project: Path, arena: Arena) -> None:
        """Make a project of Firn's own settings, macros and profile."""
        for part in ("dbt_project.yml", "macros", "profiles", "requirements"):
            (project / part).symlink_to(arena.project / part)
        (_home(arena) / "lake").mkdir(parents=True, exist_ok=True)

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return `dbt run` for the target."""
        program = [str(BINARIES / "dbt"), *arguments_of(arena, stage), "--target", self.target]
        return Command(program, self.environment(arena, stage))

    def tables(self, arena: Arena, stage: Stage) -> dict[str, list[int]]:
        """Return what pyiceberg reads from the lake."""
        from pyiceberg.catalog.sql import SqlCatalog

        catalog = SqlCatalog("lake", uri=f"sqlite:///{_home(arena)}/lake/catalog.db")
        return {
            name: catalog.load_table((SCHEMA, name)).scan().to_arrow()["id"].to_pylist()
            for name in built_names(stage)
        }

    def environment(self, arena: Arena, stage: Stage) -> dict[str, str]:
        """Return what a Firn project finds its lake, and the class archive of set-up, by."""
        return {
            "FIRN_HOME": str(_home(arena)),
            "FIRN_CLASSES": _classes(),
            "PWD": str(project_of(arena, stage)),
        }


class FirnWarm(FirnCold):
    """`dbt run --target warm`: a program that starts, and a Spark that is there."""

    name = "warm"
    title = "Firn, warm"
    target = "warm"

    def __init__(self) -> None:
        """Choose a port that no other program uses."""
        self._port = free_port()

    def start(self, arena: Arena) -> None:
        """Start the warm Spark. Raises CalledProcessError when it does not come up."""
        self._firn(arena, "start")

    def finish(self, arena: Arena) -> None:
        """Stop the warm Spark."""
        self._firn(arena, "stop")

    def environment(self, arena: Arena, stage: Stage) -> dict[str, str]:
        """Return the same, with the port."""
        return super().environment(arena, stage) | {"FIRN_SPARK_PORT": str(self._port)}

    def _firn(self, arena: Arena, verb: str) -> None:
        environment = self.base_environment() | self.environment(arena, Stage.MANY)
        environment["FIRN_PROJECT_DIR"] = str(project_of(arena, Stage.MANY))
        with (arena.folder / f"spark_{verb}.log").open("wb") as log:
            subprocess.run(
                [str(BINARIES / "firn"), "spark", verb],
                env=environment,
                stdout=log,
                stderr=log,
                check=True,
            )


class FirnResident(FirnCold):
    """dbt and its Spark in one process that stays; what is measured asks it for a run."""

    name = "resident"
    title = "Firn, resident"

    def __init__(self) -> None:
        """Begin without a process."""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, arena: Arena) -> None:
        """Start the process. Raises TimeoutError when it does not listen."""
        own = self.environment(arena, Stage.MANY) | {"PYTHONPATH": str(arena.project)}
        with (arena.folder / "resident.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.contestants.resident_dbt", str(_socket(arena))],
                env=self.base_environment() | own,
                stdout=log,
                stderr=log,
            )
        wait_for(_socket(arena))

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return a small program that asks the process for a run and waits for it."""
        program = [
            *(sys.executable, str(Path(__file__).with_name("resident_dbt.py")), "--ask"),
            *(str(_socket(arena)), *arguments_of(arena, stage)),
        ]
        return Command(program)

    def finish(self, arena: Arena) -> None:
        """End the process, and Spark with it."""
        if self._process and self._process.poll() is None:
            ask(_socket(arena), [])
            self._process.wait(60)


def _home(arena: Arena) -> Path:
    return arena.folder / "home"


def _socket(arena: Arena) -> Path:
    return arena.folder / "resident.sock"


def _classes() -> str:
    from lake.settings import Settings
    from operations.runtime.cds_archive import archive_file
    from operations.runtime.java import ensure_java

    settings = Settings.load()
    return str(archive_file(settings, ensure_java(settings)))
