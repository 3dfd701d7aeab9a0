"""Settings: environment and firn.env -> where things are, and secrets that stay secret."""

from pathlib import Path

import pytest

from lake.errors import ConfigurationError, EnvironmentFault
from lake.settings import Failpoint, Settings


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project folder, the process being in a folder below it."""
    for name in ("FIRN_HOME", "FIRN_PROJECT_DIR", "FIRN_FAILPOINT", "FIRN_TOKEN_KEY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "dbt_project.yml").touch()
    (tmp_path / "models" / "raw").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "models" / "raw")
    return tmp_path


def _write_secrets(home: Path, text: str) -> None:
    home.mkdir()
    (home / "firn.env").touch(mode=0o600)
    (home / "firn.env").write_text(text)


def test_the_project_is_the_nearest_one_upwards_and_home_is_in_it(project: Path) -> None:
    settings = Settings.load()
    assert (settings.project_dir, settings.home) == (project, project / ".firn")


def test_the_environment_names_other_places(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FIRN_HOME", str(tmp_path / "lake"))
    monkeypatch.setenv("FIRN_FAILPOINT", "mid_copy")
    settings = Settings.load()
    assert (settings.home, settings.failpoint) == (tmp_path / "lake", Failpoint.MID_COPY)


def test_a_given_project_goes_before_its_variable_and_after_none_else(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(project))
    monkeypatch.setenv("FIRN_HOME", str(tmp_path / "lake"))
    settings = Settings.load(tmp_path / "other")
    assert (settings.project_dir, settings.home) == (tmp_path / "other", tmp_path / "lake")


def test_outside_of_a_project_the_fix_is_named(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FIRN_PROJECT_DIR", raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(ConfigurationError, match="set FIRN_PROJECT_DIR"):
        Settings.load()


def test_a_wrong_failpoint_is_reported(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRN_FAILPOINT", "sometimes")
    with pytest.raises(ConfigurationError, match="FIRN_FAILPOINT.*mid_copy"):
        Settings.load()


def test_the_environment_wins_over_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_secrets(project / ".firn", "A_URL=from-file\nB_URL=only-there # $HOME\n")
    monkeypatch.setenv("A_URL", "from-environment")
    settings = Settings.load()
    assert settings.connection("A_URL").get_secret_value() == "from-environment"
    assert settings.connection("B_URL").get_secret_value() == "only-there"


def test_secrets_are_not_shown(project: Path) -> None:
    _write_secrets(project / ".firn", f"FIRN_TOKEN_KEY={'canary' * 6}\nA_URL=canary\n")
    settings = Settings.load()
    shown = repr([settings, settings.token_key, settings.connection("A_URL")])
    assert "canary" not in shown


def test_what_is_missing_is_named_with_the_file(project: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"NO_URL is set neither .*firn\.env"):
        Settings.load().connection("NO_URL")


def test_a_short_token_key_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRN_TOKEN_KEY", "short")
    with pytest.raises(ConfigurationError, match="shorter than 16") as refusal:
        _ = Settings.load().token_key
    assert "'short'" not in str(refusal.value)


def test_a_file_that_others_can_read_is_refused(project: Path) -> None:
    _write_secrets(project / ".firn", "A_URL=x\n")
    (project / ".firn" / "firn.env").chmod(0o640)
    with pytest.raises(EnvironmentFault, match="chmod 600"):
        Settings.load().connection("A_URL")
