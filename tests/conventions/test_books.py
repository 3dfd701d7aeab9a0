"""No landed row may get lost on its way to silver: every model of it is under the books' tests."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RAW = sorted((ROOT / "models" / "raw").glob("*.yml"))
SILVER = sorted((ROOT / "models" / "silver").rglob("*.yml"))


def _model(path: Path) -> dict[str, Any]:
    [model] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    return dict(model)


def _landed(path: Path) -> tuple[str, str]:
    """Return the source and raw table that a silver model streams."""
    text = path.with_suffix(".sql").read_text(encoding="utf-8")
    [(source, table)] = re.findall(r"stream\(source\('(\w+)', '(\w+)'\)\)", text)
    return source, table


@pytest.mark.parametrize("path", SILVER, ids=lambda path: path.stem)
def test_a_silver_model_accounts_for_every_row_of_its_raw_table(path: Path) -> None:
    source, table = _landed(path)
    assert path.stem.startswith(f"{source}__")
    tests = [test for test in _model(path)["data_tests"] if isinstance(test, dict)]
    landed = [
        test["accounts_for_every_row"]["arguments"]["landed"]
        for test in tests
        if "accounts_for_every_row" in test
    ]
    assert landed == [f"source('{source}', '{table}')"]


@pytest.mark.parametrize("path", SILVER, ids=lambda path: path.stem)
def test_what_its_rules_refuse_goes_to_quarantine(path: Path) -> None:
    source, table = _landed(path)
    quarantine = ROOT / "models" / "quarantine" / f"{source}__rejected.sql"
    [(united, tables)] = re.findall(
        r"{{\s*union_rejected\(\s*'(\w+)',\s*\[([^]]*)\]\s*\)\s*}}",
        quarantine.read_text(encoding="utf-8"),
    )
    assert united == source
    assert f"'{table}'" in tables
    assert "holds_what_was_rejected" in _model(quarantine.with_suffix(".yml"))["data_tests"]


@pytest.mark.parametrize("path", RAW, ids=lambda path: path.stem)
def test_every_raw_table_has_one_silver_model(path: Path) -> None:
    (source,) = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
    read = sorted(_landed(model) for model in SILVER if model.parent.name == path.stem)
    assert read == sorted((path.stem, table["name"]) for table in source["tables"])


def test_nothing_was_overlooked() -> None:
    assert len(SILVER) >= 10
