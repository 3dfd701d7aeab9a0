"""One lake and one warm Spark for all tests here."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lake.processes import free_port
from lake.settings import Settings
from operations.cli.app import app
from operations.runtime.environment import dbt_environment
from operations.runtime.warm_spark import WarmSpark
from tests.integration.streams.till_lake import TillLake, lay_out_project
from tests.warm_dbt import WarmDbt

ROOT = Path(__file__).parents[3]
# A model that is refreshed as derived, beside those with groups by hand.
DERIVED = {
    ".sql": """select sold_date, count(*) as sales_count
from {{ ref('till__sales') }}
where not is_deleted
group by sold_date
""",
    ".yml": """version: 2
models:
  - name: counted_days
    config: {unique_key: sold_date, incremental_strategy: recompute, refresh_mode: incremental}
    columns:
      - {name: sold_date, data_type: date}
      - {name: sales_count, data_type: bigint}
""",
}
RunDbt = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, shared_classes: None) -> Iterator[Settings]:
    """Lay out a project and an empty lake, which commands find by the environment."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "home" / "lake").mkdir(parents=True)
    project = lay_out_project(folder / "project", ROOT)
    (project / "requirements").symlink_to(ROOT / "requirements")
    for name, text in DERIVED.items():
        (project / "models" / "gold" / f"counted_days{name}").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRN_PROJECT_DIR", str(project))
        patch.setenv("FIRN_HOME", str(folder / "home"))
        patch.setenv("FIRN_SPARK_PORT", str(free_port()))
        yield Settings.load()


@pytest.fixture(scope="module")
def warm_spark(settings: Settings) -> Iterator[WarmSpark]:
    """Start the server, and stop it in the end, whatever a test did to it."""
    server = WarmSpark(settings)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def lake(settings: Settings, warm_dbt: WarmDbt) -> TillLake:
    """Return the lake, with three sales in raw and nothing built."""
    lake = TillLake(settings, warm_dbt)
    lake.drop_all()
    return lake


@pytest.fixture
def firn(settings: Settings) -> Callable[..., Result]:
    """Return a function that runs `firn`."""
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture
def dbt(settings: Settings) -> RunDbt:
    """Return a function that runs dbt as a program of its own."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", *arguments],
            cwd=settings.project_dir,
            env=dbt_environment(settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    return run
