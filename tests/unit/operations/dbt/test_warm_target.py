"""Which commands of dbt are for the warm Spark."""

from pathlib import Path

import pytest

from dbt_firn import warm_target


@pytest.mark.parametrize(
    ("named", "own", "target"), [("dev", "warm", "dev"), (None, "warm", "warm"), (None, "", None)]
)
def test_the_warm_target_is_known_where_the_command_names_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None, own: str, target: str | None
) -> None:
    monkeypatch.delenv("DBT_TARGET", raising=False)
    (tmp_path / "profiles").mkdir()
    if own:
        profile = f"firn: {{target: {own}, outputs: {{}}}}"
        (tmp_path / "profiles" / "profiles.yml").write_text(profile, encoding="utf-8")
    assert warm_target._target(named, str(tmp_path)) == target
