"""`firn create` of what dbt has no part in."""

import json
import shutil
from pathlib import Path

import pytest

from lake.lake import Lake
from lake.settings import Settings
from operations.preflight.create import create_tables

ROOT = Path(__file__).parents[3]
SHOP = """
sources:
  - name: shop
    schema: raw_shop
    config: {meta: {ingestion: {connector: postgres, connection: URL, schema: shop}}}
    tables:
      - name: orders
        config: {meta: {ingestion: {load: full, key: [id]}}}
        columns: [{name: id, data_type: int}]
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of a project with one raw table and no model."""
    (tmp_path / "models" / "raw").mkdir(parents=True)
    (tmp_path / "models" / "raw" / "shop.yml").write_text(SHOP)
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    shutil.copy(ROOT / "dbt_project.yml", tmp_path)
    return Settings(project_dir=tmp_path, home=tmp_path / "home")


def test_what_ingestion_makes_needs_no_build(settings: Settings) -> None:
    said: list[list[str]] = []

    def dbt(arguments: list[str]) -> None:
        said.append(arguments)
        target = settings.home / "target"
        target.mkdir(parents=True, exist_ok=True)
        (target / "manifest.json").write_text(json.dumps({"nodes": {}, "sources": {}}))

    made = [("raw_shop", "orders"), ("quarantine", "shop")]
    assert [t.identifier for t in create_tables(settings, [], dbt).made] == made
    before = Lake(settings).pointers()
    assert set(before) == set(made)
    again = create_tables(settings, ["shop"], dbt)
    assert (again.made, len(again.present)) == ((), 2)
    assert Lake(settings).pointers() == before
    assert said == [["parse"], ["parse"]]
