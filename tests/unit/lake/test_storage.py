"""Files of this machine, by every form of location that Spark and pyiceberg write."""

from pathlib import Path

import pytest

from lake.storage import LakeFiles

FORMS = ("file://{}", "file:{}", "file://localhost{}", "{}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file whose name a URL would spell otherwise."""
    file = tmp_path / "a b#c%20?.json"
    file.write_bytes(b"0123456789")
    return file


@pytest.mark.parametrize("form", FORMS)
def test_a_local_file_is_read_by_its_location(path: Path, form: str) -> None:
    location, files = form.format(path), LakeFiles()
    assert files.read(location) == b"0123456789"
    assert (files.exists(location), files.length(location)) == (True, 10)
    with files.open(location) as stream:
        assert (stream.seek(0, 2), stream.seek(8), stream.read(1)) == (10, 8, b"8")
    given = files.input(location)
    assert (len(given), given.exists(), given.open().read()) == (10, True, b"0123456789")


@pytest.mark.parametrize("form", FORMS)
def test_a_local_file_that_is_gone_is_not_found(path: Path, form: str) -> None:
    location, files = form.format(path), LakeFiles()
    path.unlink()
    assert not files.exists(location)
    for action in (files.read, files.open, files.length):
        with pytest.raises(FileNotFoundError):
            action(location)
