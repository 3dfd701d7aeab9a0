"""An empty catalog of each kind, and writers of it in processes of their own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import pytest

from lake.catalogs.choice import backend_of
from lake.catalogs.sql import DatabaseCatalog
from sandbox.postgres import EmbeddedPostgres
from tests.catalog_databases import CatalogSettings, new_database

ROOT = Path(__file__).parents[4]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def catalog_settings(request: pytest.FixtureRequest, tmp_path: Path) -> CatalogSettings:
    """Return Spark's settings of a catalog that nobody has opened yet, without their prefix."""
    if request.param == "sqlite":
        return {"type": "jdbc", "uri": f"jdbc:sqlite:{tmp_path}/some where/catalog.db"}
    server: EmbeddedPostgres = request.getfixturevalue("postgres")
    return new_database(server)


@pytest.fixture
def backend(catalog_settings: CatalogSettings) -> DatabaseCatalog:
    """Return the catalog, unopened."""
    backend = backend_of(catalog_settings, "a test")
    assert isinstance(backend, DatabaseCatalog)
    return backend


@dataclass
class Writer:
    """A writer in a process of its own."""

    process: "subprocess.Popen[str]"

    def send(self, task: dict[str, Any]) -> None:
        """Let it begin with a task."""
        pipe = cast("IO[str]", self.process.stdin)
        pipe.write(json.dumps(task) + "\n")
        pipe.flush()

    def answer(self) -> str:
        """Return what came of the task, "" when the process died."""
        return cast("IO[str]", self.process.stdout).readline().rstrip("\n")


StartWriter = Callable[[], Writer]


@pytest.fixture
def start_writer(catalog_settings: CatalogSettings) -> Iterator[StartWriter]:
    """Return a function that starts a writer of the catalog; all are ended afterwards."""
    with ExitStack() as stack:

        def start() -> Writer:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.unit.lake.catalogs.writer"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            writer = Writer(process)
            writer.send(dict(catalog_settings))
            assert writer.answer() == "ready"
            return writer

        yield start
