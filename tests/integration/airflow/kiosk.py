"""A kiosk that drops files: a project, its lake and its Airflow in a folder -> what DAGs did."""

import json
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lake.lake import open_catalog
from lake.settings import Failpoint, Settings
from operations.deploy.airflow import Airflow
from operations.runtime.environment import dbt_environment

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 600


@dataclass(frozen=True)
class Ended:
    """How a command ended, and all that it said."""

    exit_code: int
    said: str


class Kiosk:
    """A project of one raw, one silver and one gold table, run by Airflow."""

    def __init__(self, folder: Path) -> None:
        """Lay out the project and an empty lake in `folder`."""
        self.landing = folder / "landing"
        self._project = folder / "project"
        self._home = folder / "home"
        self._bin = self._home / "venv" / "bin"
        self.settings = Settings(project_dir=self._project, home=self._home)
        self.airflow = Airflow(self.settings)
        shutil.copytree(Path(__file__).with_name("project"), self._project)
        for name in ("dags", "macros", "profiles", "dbt_project.yml"):
            (self._project / name).symlink_to(ROOT / name)
        (self.landing / "sales").mkdir(parents=True)
        self._bin.mkdir(parents=True)
        self._use_real_environments()

    def _use_real_environments(self) -> None:
        real = Settings.load(ROOT).home
        (self._home / "airflow-venv").symlink_to(real / "airflow-venv")
        for program in ("dbt", "firn"):
            self._write(program, self._real(program))
        self.settings.env_file.touch(mode=0o600)
        self.settings.env_file.write_text(f"KIOSK_FILES={self.landing}\n")

    def _real(self, program: str) -> str:
        path = Settings.load(ROOT).home / "venv" / "bin" / program
        return f'exec {shlex.quote(str(path))} "$@"'

    def _write(self, program: str, *lines: str) -> None:
        file = self._bin / program
        file.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
        file.chmod(0o755)

    def let_firn_die_once(self, failpoint: Failpoint) -> Path:
        """Let the next ingestion die as by SIGKILL; return the file that shows that it did."""
        died = self._home / "died"
        self._write(
            "firn",
            f'if [ "$1" = ingest ] && mkdir {shlex.quote(str(died))} 2>/dev/null; then',
            f"    export FIRN_FAILPOINT={failpoint}",
            "fi",
            self._real("firn"),
        )
        return died

    def drop(self, name: str, *sales: tuple[int, int, int]) -> None:
        """Drop a file of sales: number, amount, and the day of July."""
        rows = [
            {"sale_id": number, "amount": amount, "sold_at": f"2025-07-{day:02}T12:00:00Z"}
            for number, amount, day in sales
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (self.landing / "sales" / name).write_text(text, encoding="utf-8")

    def run_dag(self, dag: str, *options: str) -> Ended:
        """Run a DAG to its end by `airflow dags test`; a task is tried again after a second."""
        return self._run(["dags", "test", dag, *options])

    def _run(self, arguments: Sequence[str]) -> Ended:
        if not self.airflow.is_prepared:
            self.airflow.prepare()
        done = subprocess.run(
            self.airflow.command(arguments), env=self.environment, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE_SECONDS,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout)

    @property
    def environment(self) -> dict[str, str]:
        """What Airflow's commands see here."""
        return self.airflow.environment() | {"AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1"}

    def tables(self) -> set[str]:
        """Return the names of all tables of the lake but those of `ops`."""
        catalog = open_catalog(self.settings)
        return {
            ".".join(table)
            for namespace in catalog.list_namespaces()
            for table in catalog.list_tables(namespace)
            if namespace != ("ops",)
        }

    def landed(self) -> list[int]:
        """Return the numbers of the sales in raw, in order."""
        return sorted(row["sale_id"] for row in self._rows("raw_kiosk.sales"))

    def takings(self) -> dict[int, tuple[int, int]]:
        """Return gold: day of July -> what was taken, and in how many sales."""
        rows = self._rows("gold.takings_daily")
        found = {row["sold_date"]: (row["amount"], row["sales_count"]) for row in rows}
        assert len(found) == len(rows)
        assert all(day.replace(day=1) == date(2025, 7, 1) for day in found)
        return {day.day: taken for day, taken in found.items()}

    def _rows(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            open_catalog(self.settings).load_table(table).scan().to_arrow().to_pylist()
        )
        return found


def listed_by_airflow(project: Path) -> dict[str, Any]:
    """Return what Airflow finds in the DAG files for `project`: see read_dags.py."""
    airflow = Airflow(Settings.load(ROOT))
    python = Path(airflow.command([])[0]).with_name("python")
    script = Path(__file__).with_name("read_dags.py")
    environment = airflow.environment() | {"FIRN_PROJECT_DIR": str(project)}
    said = subprocess.run(
        [str(python), str(script), str(ROOT / "dags")],
        env=environment, check=True, capture_output=True, text=True, timeout=DEADLINE_SECONDS,
    ).stdout  # fmt: skip
    return dict(json.loads(said.splitlines()[-1]))


def listed_by_dbt(project: Path, selections: Sequence[str]) -> dict[str, set[str]]:
    """Return the names of what `dbt build` would build and test for each selection."""
    settings = Settings.load(project)
    script = Path(__file__).with_name("list_nodes.py")
    said = subprocess.run(
        [str(settings.home / "venv" / "bin" / "python"), str(script), json.dumps(selections)],
        cwd=project, env=dbt_environment(settings),
        check=True, stdout=subprocess.PIPE, text=True, timeout=DEADLINE_SECONDS,
    ).stdout  # fmt: skip
    return {name: set(nodes) for name, nodes in json.loads(said.splitlines()[-1]).items()}
