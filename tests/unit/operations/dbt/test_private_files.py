"""What dbt writes is its user's alone: the umask that the plugin sets. Fault other-users."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from dbt_firn import private_files
from dbt_firn.private_files import PrivateFiles

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode_after(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    flags = SimpleNamespace(WHICH=command, PROJECT_DIR=str(ROOT))
    monkeypatch.setattr(private_files, "get_flags", lambda: flags)
    PrivateFiles("firn").initialize()
    file = folder / command
    file.touch()
    return file.stat().st_mode & 0o777


@pytest.mark.parametrize(("command", "mode"), [("run", 0o600), ("deps", 0o644)])
def test_what_it_writes_into_the_home_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, mode: int
) -> None:
    assert mode_after(command, tmp_path, monkeypatch) == mode


def test_a_shared_home_keeps_the_users_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRN_SHARED_HOME", "true")
    assert mode_after("run", tmp_path, monkeypatch) == 0o644
