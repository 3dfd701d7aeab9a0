"""Folders of their owner alone, and what doctor says of others. Fault other-users."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake.lake import Lake
from lake.private import private_folder
from lake.settings import Settings
from operations.monitoring import doctor

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """Let folders be open to everyone unless something sees to it."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(project_dir=ROOT, home=tmp_path / "home")


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def home_finding(settings: Settings) -> doctor.Finding:
    [found] = [f for f in doctor.examine(settings, connections=False) if f.check == "Home"]
    return found


def test_a_folder_and_those_above_it_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    private_folder(tmp_path / "a" / "b")
    assert [mode_of(tmp_path / "a"), mode_of(tmp_path / "a" / "b")] == [0o700, 0o700]


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o750)
    private_folder(tmp_path / "shared")
    assert mode_of(tmp_path / "shared") == 0o750


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        private_folder(tmp_path / "file")


def test_a_new_home_is_closed_and_doctor_says_so(settings: Settings) -> None:
    assert home_finding(settings).is_good
    assert mode_of(settings.home) == 0o700
    assert mode_of(settings.home / "lake") == 0o700


def test_an_open_home_of_before_is_named_with_the_command_that_closes_it(
    settings: Settings,
) -> None:
    settings.home.mkdir(mode=0o755)
    found = home_finding(settings)
    assert not found.is_good
    assert f"{settings.home} has mode 0755" in found.detail
    command = found.fix.partition(";")[0]
    assert command == f"chmod go-rwx {settings.home}"
    assert os.system(command) == 0  # noqa: S605 - what a reader would type
    assert home_finding(settings).is_good


def test_a_home_that_is_shared_on_purpose_is_left_alone(settings: Settings) -> None:
    settings.home.mkdir(mode=0o750)
    shared = settings.model_copy(update={"shared_home": True})
    assert home_finding(shared).is_good
    assert (shared.umask, settings.umask) == (-1, 0o077)


def test_the_folder_of_another_users_server_is_left_before_the_home_is_closed(
    settings: Settings,
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    data = settings.home / "sandbox" / "postgres" / "data"
    data.mkdir(parents=True)
    os.chown(data, 65534, 65534)
    assert home_finding(settings).fix.startswith("firn sandbox stop && chmod go-rwx ")


def test_a_warehouse_elsewhere_is_made_closed_and_an_open_one_is_named(
    settings: Settings, tmp_path: Path
) -> None:
    profile = (ROOT / "profiles" / "profiles.yml").read_text(encoding="utf-8")
    inside = "file://{{ env_var('FIRN_HOME', env_var('PWD') ~ '/.firn') }}/lake/warehouse"
    assert inside in profile
    elsewhere = tmp_path / "disk" / "warehouse"
    project = tmp_path / "project"
    (project / "profiles").mkdir(parents=True)
    (project / "profiles" / "profiles.yml").write_text(
        profile.replace(inside, f"file://{elsewhere}"), encoding="utf-8"
    )
    other = settings.model_copy(update={"project_dir": project})
    assert Lake(other).catalog
    assert mode_of(elsewhere) == 0o700
    elsewhere.chmod(0o755)
    findings = list(doctor._privacy(other))
    assert [(f.check, f.is_good) for f in findings] == [("Home", True), ("Warehouse", False)]
    assert findings[1].fix.startswith(f"chmod go-rwx {elsewhere};")
