"""No landed row may get lost on its way to silver: every model of it is under the books' tests."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SILVER = sorted((ROOT / "models" / "silver").rglob("*.yml"))


def _model(path: Path) -> dict[str, Any]:
    [model] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    return dict(model)


@pytest.mark.parametrize("path", SILVER, ids=lambda path: path.stem)
def test_a_silver_model_accounts_for_every_row_of_its_raw_table(path: Path) -> None:
    source, table = path.stem.split("__")
    tests = [test for test in _model(path)["data_tests"] if isinstance(test, dict)]
    landed = [
        test["accounts_for_every_row"]["arguments"]["landed"]
        for test in tests
        if "accounts_for_every_row" in test
    ]
    assert landed == [f"source('{source}', '{table}')"]


@pytest.mark.parametrize("path", SILVER, ids=lambda path: path.stem)
def test_what_its_rules_refuse_goes_to_quarantine(path: Path) -> None:
    source, table = path.stem.split("__")
    quarantine = ROOT / "models" / "quarantine" / f"{source}__rejected.sql"
    assert f"'{table}'" in quarantine.read_text(encoding="utf-8")
    assert "holds_what_was_rejected" in _model(quarantine.with_suffix(".yml"))["data_tests"]


def test_nothing_was_overlooked() -> None:
    assert len(SILVER) >= 10
