"""A lake of cars for tests: files in any order -> landed -> built -> Rows, and their check."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from ingestion.api import ingest
from lake.lake import open_catalog
from lake.settings import Settings
from operations.dbt.outcome import Outcome
from operations.publication.areas import UNTESTED_VARIABLE
from operations.runtime.environment import dbt_environment
from sandbox.control.telemetry import FOLDER
from tests.recomputation.compare import Rows, assert_same_rows
from tests.recomputation.engines import assert_engines_agree
from tests.recomputation.readers import digest, read_table
from tests.recomputation.telemetry.from_files import KEYS, by_first_name, recompute
from tests.warm_dbt import WarmDbt

PROJECT = Path(__file__).parents[3]
SELECTED = ("--select", "telemetry_limits", "source:telemetry+")


class CarsLake:
    """A landing folder in `home`, the lake beside it, and the warm dbt that builds it."""

    def __init__(self, home: Path, dbt: WarmDbt) -> None:
        """Make the landing folder, empty."""
        self.settings = Settings(home=home, project_dir=PROJECT)
        self.folder = home / "reports"
        self.folder.mkdir(parents=True)
        self.settings.env_file.touch(mode=0o600)
        self.settings.env_file.write_text(f"{FOLDER}={self.folder}\n", encoding="utf-8")
        self._dbt = dbt

    def drop(self, files: Iterable[Path]) -> None:
        """Copy files into the folder with the times they have, each whole at once."""
        for file in files:
            unfinished = self.folder / f".{file.name}"
            shutil.copy2(file, unfinished)
            unfinished.replace(self.folder / file.name)

    def land(self) -> None:
        """Land what is new."""
        ingest(["telemetry"], settings=self.settings)

    def build(self, *, full_refresh: bool = False, tests: bool = False) -> Outcome:
        """Build what depends on the cars. Raises DbtFailedError when a node fails."""
        left_out = ["unit_test"] if tests else ["test", "unit_test"]
        arguments = ["build", *SELECTED, "--exclude-resource-type", *left_out]
        arguments += ["--full-refresh"] if full_refresh else []
        return self._run(arguments)

    def run_unit_tests(self) -> Outcome:
        """Run the unit tests of what depends on the cars. Raises DbtFailedError."""
        return self._run(["test", "--select", "source:telemetry+,test_type:unit"])

    def _run(self, arguments: list[str]) -> Outcome:
        environment = dbt_environment(self.settings) | {UNTESTED_VARIABLE: "yes"}
        return self._dbt.run(arguments, environment)

    def assert_engines_agree(self) -> None:
        """Every gold table has the same rows for Spark and for DuckDB."""
        catalog = open_catalog(self.settings)
        tables = [name for name in KEYS if name.startswith("gold.")]
        assert_engines_agree(self._dbt.sql, map(catalog.load_table, tables))

    def table(self, name: str) -> Rows:
        """Return the newest snapshot of a table, such as gold.current_state."""
        rows = read_table(open_catalog(self.settings), name)
        return by_first_name(rows, self.folder.glob("*.json"))

    def digests(self) -> dict[str, str]:
        """Return every table that is recomputed with a hash of what its definition covers."""
        expected = recompute(self.folder.glob("*.json"))
        return {
            name: digest(self.table(name).in_order(rows.columns)) for name, rows in expected.items()
        }

    def assert_right(self) -> None:
        """Check every table against the files that lie in the folder."""
        for name, expected in recompute(self.folder.glob("*.json")).items():
            actual = self.table(name).in_order(expected.columns)
            assert_same_rows(expected, actual, KEYS[name], name)
