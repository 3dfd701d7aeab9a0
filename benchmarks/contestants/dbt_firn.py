"""Firn's dbt, started each time, on a warm Spark, or resident -> the same tables in its lake."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.contest import Arena, Command, Stage
from benchmarks.contestants.dbt_project import (
    DbtContestant,
    arguments_of,
    project_of,
    target_of,
)
from benchmarks.trivial_models import SCHEMA, built_names, selection
from lake.processes import free_port
from operations.dbt.connection import ServerOptions, ServerRecord, connect, launch

BINARIES = Path(sys.executable).parent
MARK = "bench"
LINGER_SECONDS = 3600.0  # other contestants run in between
SHUTDOWN_SECONDS = 60.0


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
        self._server: ServerRecord | None = None

    def start(self, arena: Arena) -> None:
        """Start the process; it accepts the first request when it is ready."""
        environment = self._variables(arena, Stage.MANY)
        options = ServerOptions(linger=LINGER_SECONDS)
        self._server = launch(environment, arena.folder / "resident.log", options)
        for stage in sorted(self.stages):
            request = {
                "dbt": ["run", *selection(stage)],
                "environment": self._variables(arena, stage),
            }
            _request_file(arena, stage).write_text(json.dumps(request), encoding="utf-8")

    def command(self, arena: Arena, stage: Stage) -> Command:
        """Return a small program that asks the process for a run and waits for it.

        Raises RuntimeError before the process is started.
        """
        if self._server is None:
            raise RuntimeError("the resident dbt is not started")
        program = Path(__file__).with_name("ask_resident.py")
        request = _request_file(arena, stage)
        return Command([sys.executable, str(program), self._server.address, MARK, str(request)])

    def finish(self, arena: Arena) -> None:  # noqa: ARG002
        """End the process, and Spark with it."""
        if self._server is None:
            return
        if connection := connect(self._server, MARK, SHUTDOWN_SECONDS):
            connection.close()
        self._server.end(SHUTDOWN_SECONDS)

    def _variables(self, arena: Arena, stage: Stage) -> dict[str, str]:
        """Return the environment of a stage's runs: all that dbt's options would say, and more."""
        project = project_of(arena, stage)
        return {
            **self.base_environment(),
            **self.environment(arena, stage),
            "PYTHONPATH": str(arena.project),
            "FIRN_PROJECT_DIR": str(project),
            "DBT_PROJECT_DIR": str(project),
            "DBT_PROFILES_DIR": str(project / "profiles"),
            "DBT_TARGET_PATH": str(target_of(arena, stage)),
            "DBT_LOG_PATH": str(arena.folder / "logs"),
        }


def _request_file(arena: Arena, stage: Stage) -> Path:
    return arena.folder / f"request_{stage.name.lower()}.json"


def _home(arena: Arena) -> Path:
    return arena.folder / "home"


def _classes() -> str:
    from lake.settings import Settings
    from operations.runtime.cds_archive import archive_file
    from operations.runtime.java import ensure_java

    settings = Settings.load()
    return str(archive_file(settings, ensure_java(settings)))
