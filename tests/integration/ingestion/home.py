"""A project folder with its FIRN_HOME for a test, and processes that work in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from ingestion.api import ingest
from ingestion.results import IngestOptions, LoadResult
from lake.settings import Failpoint, Settings
from tests.integration.ingestion.checker import LakeReader
from tests.integration.ingestion.fork import fork

ROOT = Path(__file__).parents[3]
TOKEN_KEY = "0123456789abcdef" * 4


@dataclass(frozen=True)
class LakeHome:
    """A project folder with a lake of its own; sources are declared by those that build on it."""

    folder: Path

    @property
    def home(self) -> Path:
        """The lake's FIRN_HOME."""
        return self.folder / "home"

    @property
    def lake(self) -> LakeReader:
        """The independent reader of this lake."""
        return LakeReader(self.home)

    @property
    def settings(self) -> Settings:
        """Settings for this project and lake alone."""
        return Settings(project_dir=self.folder, home=self.home)

    def make_project(self, **secrets: str) -> None:
        """Make the project folder: profiles, secrets, no declarations yet."""
        (self.folder / "models" / "raw").mkdir(parents=True)
        self.home.mkdir()
        shutil.copytree(ROOT / "profiles", self.folder / "profiles")
        shutil.copy(ROOT / "dbt_project.yml", self.folder)
        self.set_secrets(FIRN_TOKEN_KEY=TOKEN_KEY, **secrets)

    def set_secrets(self, **values: str) -> None:
        """Write firn.env anew."""
        secrets = self.home / "firn.env"
        secrets.touch(mode=0o600)
        secrets.write_text("".join(f"{name}={value}\n" for name, value in values.items()))

    def ingest(self, *selection: str, **options: bool) -> LoadResult:
        """Ingest in this process and return the result of the first table."""
        return self.ingest_all(*selection, **options)[0]

    def ingest_all(self, *selection: str, **options: bool) -> list[LoadResult]:
        """Ingest in this process and return all results."""
        return ingest(selection, IngestOptions(**options), self.settings)

    def ingest_in_process(
        self, failpoint: Failpoint | None = None, **options: bool
    ) -> ForkServerProcess:
        """Start an ingestion in a process of its own, which can be killed or dies at a point."""
        return fork(ingest, [], IngestOptions(**options), self.dying_at(failpoint))

    def dying_at(self, failpoint: Failpoint | None) -> Settings:
        """Return the settings of a process that ends as if killed at a point."""
        return self.settings.model_copy(update={"failpoint": failpoint})

    def ingest_within(self, largest_bytes: int) -> "subprocess.Popen[str]":
        """Start `firn ingest` where no file may grow larger, as if the disk were full then."""
        limit = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_bytes},) * 2)"
        command = "sys.argv = ['firn', 'ingest']; from operations.cli.app import main; main()"
        return self.start_python(f"import resource, sys; {limit}; {command}")

    def start_python(
        self, script: str, failpoint: str = "", before: Sequence[str] = ()
    ) -> "subprocess.Popen[str]":
        """Start a Python process that finds this project and lake in its environment.

        `before` is a command that starts it in its turn.
        """
        environment = {
            **os.environ,  # noqa: TID251 - for a process of its own
            "FIRN_HOME": str(self.home),
            "FIRN_PROJECT_DIR": str(self.folder),
            "FIRN_FAILPOINT": failpoint,
            "PYTHONPATH": str(ROOT),
        }
        return subprocess.Popen(
            [*before, sys.executable, "-c", script],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
