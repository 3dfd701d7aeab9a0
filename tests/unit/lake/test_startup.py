"""A load that has nothing to do asks where a table stands, and imports nothing heavy for it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lake.lake import Lake
from lake.settings import Settings

ROOT = Path(__file__).parents[3]
HEAVY = ("pyiceberg", "pyarrow", "sqlalchemy", "psycopg", "dbt", "pyspark", "fsspec")
ASK = f"""
import sys
from pathlib import Path
from lake.lake import Lake
from lake.settings import Settings
lake = Lake(Settings(project_dir=Path(sys.argv[1])))
stored = lake.stored(("ops", "t"))
assert stored and stored.properties["a"] == "1"
assert len(lake.pointers()) == 1
print([name for name in {HEAVY} if name in sys.modules])
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with the repository's own profile and a lake of one table."""
    from pyiceberg.schema import Schema

    (tmp_path / "dbt_project.yml").touch()
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    catalog = Lake(Settings(project_dir=tmp_path)).catalog
    catalog.create_namespace("ops")
    catalog.create_table(("ops", "t"), Schema(), properties={"a": "1"})
    return tmp_path


def test_what_is_stored_is_read_without_heavy_libraries(project: Path) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK, str(project)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (asked.stdout, asked.stderr) == ("[]\n", "")
