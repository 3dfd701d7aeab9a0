"""Whom a server runs as, and which folders that account can use."""

import os
from pathlib import Path

import pytest

from lake.errors import EnvironmentFault
from sandbox.service_account import ServiceAccount

CALLER = ServiceAccount(os.geteuid(), os.getegid())
STRANGER = ServiceAccount(4_000_001, 4_000_001)


def test_server_never_runs_as_root() -> None:
    assert ServiceAccount.current().uid != 0


@pytest.mark.parametrize(("mode", "passable"), [(0o755, True), (0o711, True), (0o700, False)])
def test_stranger_enters_only_what_is_open_to_others(mode: int, passable: bool) -> None:
    status = os.stat_result((0o040000 | mode, 0, 0, 2, 0, 0, 0, 0, 0, 0))

    assert STRANGER._may_traverse(status) is passable


def test_stranger_cannot_enter_below_a_closed_folder(tmp_path: Path) -> None:
    open_folder = tmp_path / "closed" / "open"
    open_folder.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)

    assert not STRANGER.can_enter(open_folder)
    assert CALLER.can_enter(open_folder)


def test_home_that_can_be_entered_is_used_itself(tmp_path: Path) -> None:
    assert CALLER.folder_near(tmp_path) == tmp_path


def test_new_folder_is_closed_to_others(tmp_path: Path) -> None:
    CALLER.make_folder(tmp_path / "data")
    CALLER.make_folder(tmp_path / "data")

    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_file_or_link_in_the_place_of_the_folder_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")

    for name in ("file", "link"):
        with pytest.raises(EnvironmentFault, match=f"{name} exists and is not a folder"):
            CALLER.make_folder(tmp_path / name)


def test_folder_of_somebody_else_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()

    with pytest.raises(EnvironmentFault, match="not a folder of user id 4000001"):
        STRANGER.make_folder(tmp_path / "theirs")


def test_secret_file_is_closed_and_gone_afterwards(tmp_path: Path) -> None:
    with CALLER.secret_file(tmp_path, "hush") as file:
        assert file.read_text() == "hush\n"
        assert file.stat().st_mode & 0o777 == 0o600

    assert not file.exists()


def test_programs_are_copied_for_who_cannot_reach_them(tmp_path: Path) -> None:
    package = tmp_path / "closed" / "some_package"
    package.mkdir(parents=True)
    (package / "program").touch()
    (tmp_path / "closed" / "some_package.libs").mkdir()
    (tmp_path / "closed" / "some_package-1.0.dist-info").mkdir()
    (tmp_path / "closed").chmod(0o700)

    assert CALLER.executables(package, tmp_path) == package
    copy = STRANGER.executables(package, tmp_path)

    assert copy == tmp_path / "programs" / "some_package"
    assert (copy / "program").exists()
    assert sorted(path.name for path in copy.parent.iterdir()) == [
        "some_package",
        "some_package.libs",
    ]
    assert STRANGER.executables(package, tmp_path) == copy
