"""A folder whose files are exchanged between listing and reading: nothing outside it is read."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.connectors.files.storage.base import ChangedFileError, FileInfo
from ingestion.connectors.files.storage.folder import Folder

CONTENT, SECRET = b"id\n1\n", b"key\n2"
SECONDS = 10


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return a file outside the folder, of the same size and time as the one inside."""
    (tmp_path / "elsewhere").mkdir()
    return _write(tmp_path / "elsewhere" / "a.csv", SECRET)


@pytest.fixture
def listed(tmp_path: Path) -> tuple[Folder, Path, FileInfo]:
    """Return a folder, the file in it, and what was listed of that file."""
    (tmp_path / "drop" / "day").mkdir(parents=True)
    file = _write(tmp_path / "drop" / "day" / "a.csv", CONTENT)
    folder = Folder(tmp_path / "drop", "FILES")
    (found,) = folder.list("*/*.csv").files
    return folder, file, found


def _write(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    return file


def test_a_listed_file_is_read(listed: tuple[Folder, Path, FileInfo]) -> None:
    folder, _, found = listed
    with folder.open(found) as file:
        assert file.stream.read() == CONTENT
        file.require_unchanged()


def test_a_link_in_the_place_of_a_file_is_not_followed(
    listed: tuple[Folder, Path, FileInfo], outside: Path
) -> None:
    folder, file, found = listed
    file.unlink()
    file.symlink_to(outside)
    with pytest.raises(OSError, match="symbolic links"), folder.open(found):
        pass


def test_a_link_in_the_place_of_the_folder_above_is_not_followed(
    listed: tuple[Folder, Path, FileInfo], outside: Path
) -> None:
    folder, file, found = listed
    file.unlink()
    file.parent.rmdir()
    file.parent.symlink_to(outside.parent)
    with pytest.raises(ChangedFileError, match="behind a link"), folder.open(found):
        pass


def test_a_fifo_in_the_place_of_a_file_holds_up_nobody(
    listed: tuple[Folder, Path, FileInfo],
) -> None:
    folder, file, found = listed
    file.unlink()
    os.mkfifo(file)
    reader = threading.Thread(target=_open_changed, args=(folder, found), daemon=True)
    reader.start()
    reader.join(SECONDS)
    assert not reader.is_alive()


def _open_changed(folder: Folder, found: FileInfo) -> None:
    with pytest.raises(ChangedFileError), folder.open(found):
        pass


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.open("ab").write(b"2\n"),
        lambda file: os.utime(file, (1_700_000_001, 1_700_000_001)),
    ],
    ids=["grown", "of the same size"],
)
def test_a_file_that_changes_while_it_is_read_is_told(
    listed: tuple[Folder, Path, FileInfo], change: Callable[[Path], object]
) -> None:
    folder, file, found = listed
    with folder.open(found) as opened:
        opened.stream.read()
        change(file)
        with pytest.raises(ChangedFileError, match="written to while"):
            opened.require_unchanged()
