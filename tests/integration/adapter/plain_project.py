"""A dbt project that knows nothing of Firn, with or without the lifted repairs -> tables."""

import shutil
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from ingestion.lake import open_catalog
from ingestion.settings import Settings
from tests.warm_dbt import DbtOutcome, WarmDbt

ROOT = Path(__file__).parents[3]
PROJECT = """
name: plain
profile: firn
model-paths: [models]
macro-paths: [macros]
seed-paths: [seeds]
target-path: "{{ env_var('FIRN_HOME') }}/target"
flags: {send_anonymous_usage_stats: false}
models: {+file_format: iceberg}
seeds: {+file_format: iceberg}
"""


class PlainProject:
    """A project in a folder of its own, and the lake it builds."""

    def __init__(self, folder: Path, dbt: WarmDbt, repaired: bool) -> None:
        """Lay the project out in `folder`; `repaired` lifts `macros/adapter` into it."""
        self._dbt = dbt
        self._folder = folder
        self._settings = Settings(project_dir=folder, home=folder / "home")
        (folder / "home" / "lake").mkdir(parents=True)
        (folder / "profiles").symlink_to(ROOT / "profiles")
        self.write("dbt_project.yml", PROJECT)
        if repaired:
            shutil.copytree(ROOT / "macros" / "adapter", folder / "macros" / "adapter")

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        file = self._folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def dbt(self, *arguments: str) -> DbtOutcome:
        """Run a dbt command. Raises DbtFailedError when it does not end well."""
        environment = {
            **self._settings.environment(),
            "FIRN_HOME": str(self._settings.home),
            "PWD": str(self._folder),
            "DBT_PROFILES_DIR": str(self._folder / "profiles"),
            "DBT_LOG_PATH": str(self._settings.home / "logs"),
        }
        return self._dbt.run(arguments, environment)

    @property
    def target(self) -> Path:
        """The folder of dbt's artifacts."""
        return self._settings.home / "target"

    @property
    def catalog(self) -> Catalog:
        """The lake's catalog."""
        return open_catalog(self._settings)

    def table(self, name: str) -> Table:
        """Return a table of the profile's schema."""
        return self.catalog.load_table(f"silver.{name}")

    def rows(self, name: str, order_by: str) -> list[dict[str, Any]]:
        """Return a table's rows in order."""
        found: list[dict[str, Any]] = (
            self.table(name).scan().to_arrow().sort_by(order_by).to_pylist()
        )
        return found

    def versions_count(self, name: str) -> int:
        """Return how many metadata files a table has had so far."""
        return len(self.table(name).metadata.metadata_log) + 1
