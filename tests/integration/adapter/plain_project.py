"""A dbt project that knows nothing of Firn, with or without the lifted repairs -> tables."""

import shutil
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from lake.lake import open_catalog
from lake.settings import Settings
from operations.dbt.outcome import Outcome
from tests.warm_dbt import WarmDbt

ROOT = Path(__file__).parents[3]
PROJECT = """
name: plain
profile: firn
model-paths: [models]
macro-paths: [macros]
seed-paths: [seeds]
snapshot-paths: [snapshots]
target-path: "{{ env_var('FIRN_HOME') }}/target"
flags: {send_anonymous_usage_stats: false}
models: {+file_format: iceberg}
seeds: {+file_format: iceberg}
snapshots: {+file_format: iceberg}
"""
ANSI_SWITCH = "spark.dbt.ansi.enabled"


class PlainProject:
    """A project in a folder of its own, and the lake it builds in the schema `silver`."""

    def __init__(self, folder: Path, dbt: WarmDbt, repaired: bool) -> None:
        """Lay the project out in `folder`; `repaired` lifts `macros/adapter` and ANSI into it."""
        self.repaired = repaired
        self._dbt = dbt
        self.folder = folder
        self._written: set[Path] = set()
        self._settings = Settings(project_dir=folder, home=folder / "home")
        (folder / "home" / "lake").mkdir(parents=True)
        shutil.copytree(ROOT / "profiles", folder / "profiles")
        (folder / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
        if repaired:
            shutil.copytree(ROOT / "macros" / "adapter", folder / "macros" / "adapter")
        else:
            self._leave_ansi_out(folder / "profiles" / "profiles.yml")

    @staticmethod
    def _leave_ansi_out(profiles: Path) -> None:
        lines = profiles.read_text(encoding="utf-8").splitlines(keepends=True)
        others = [line for line in lines if ANSI_SWITCH not in line]
        assert len(others) < len(lines)
        profiles.write_text("".join(others), encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        self._written.add(file)

    def clear(self) -> None:
        """Remove every file that was written since the last time; the lake keeps its tables."""
        while self._written:
            self._written.pop().unlink(missing_ok=True)

    def build(self, name: str, sql: str, *arguments: str) -> Outcome:
        """Write a model and run it. Raises DbtFailedError when it does not end well."""
        self.write(f"models/{name}.sql", sql)
        return self.dbt("run", "--select", name, *arguments)

    def dbt(self, *arguments: str) -> Outcome:
        """Run a dbt command. Raises DbtFailedError when it does not end well."""
        return self._dbt.run(arguments, self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """All variables of a dbt that works on it."""
        return {
            **self._settings.environment(),
            "FIRN_HOME": str(self._settings.home),
            "PWD": str(self.folder),
            "DBT_PROFILES_DIR": str(self.folder / "profiles"),
            "DBT_LOG_PATH": str(self._settings.home / "logs"),
        }

    @property
    def target(self) -> Path:
        """The folder of dbt's artifacts."""
        return self._settings.home / "target"

    @property
    def warehouse(self) -> Path:
        """The folder of the lake's files."""
        return self._settings.home / "lake" / "warehouse"

    @property
    def catalog(self) -> Catalog:
        """The lake's catalog."""
        return open_catalog(self._settings)

    def table(self, name: str, schema: str = "silver") -> Table:
        """Return a table, by default of the profile's schema."""
        return self.catalog.load_table((schema, name))

    def rows(self, name: str, order_by: str, schema: str = "silver") -> list[dict[str, Any]]:
        """Return a table's rows in order."""
        found: list[dict[str, Any]] = (
            self.table(name, schema).scan().to_arrow().sort_by(order_by).to_pylist()
        )
        return found

    def versions_count(self, name: str) -> int:
        """Return how many metadata files a table has had so far."""
        return len(self.table(name).metadata.metadata_log) + 1

    def snapshots_count(self, name: str) -> int:
        """Return how many snapshots a table has."""
        return len(self.table(name).metadata.snapshots)
