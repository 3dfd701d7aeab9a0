"""Which files are new and stable: the listing says so, whatever hints came or did not come."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from ingestion.connectors.files.arrivals import POLL_SECONDS, FileArrivals
from ingestion.connectors.files.declaration import FileSource, FileTable
from ingestion.connectors.files.storage.folder import Folder
from ingestion.sources import load_sources

ROOT = Path(__file__).parents[4]
STABLE_FOR = 0.3


def telemetry() -> tuple[FileTable, ...]:
    (source,) = (s for s in load_sources(ROOT) if s.name == "telemetry")
    assert isinstance(source, FileSource)
    stable_for = timedelta(seconds=STABLE_FOR)
    return tuple(table.model_copy(update={"stable_for": stable_for}) for table in source.tables)


@pytest.fixture
def arrivals(tmp_path: Path) -> FileArrivals:
    """Return the arrivals of an empty folder."""
    return FileArrivals(Folder(tmp_path, "TELEMETRY_FILES"), telemetry(), tmp_path)


def write(folder: Path, name: str, age: float = 0) -> Path:
    file = folder / name
    file.write_text("{}")
    os.utime(file, (time.time() - age, time.time() - age))
    return file


def names(arrivals: FileArrivals) -> set[str]:
    arrived = arrivals.stable()
    return {found.name for _, found in arrived.items} if arrived else set()


def test_what_lies_there_before_the_start_is_new(arrivals: FileArrivals, tmp_path: Path) -> None:
    write(tmp_path, "a.json", age=3600)
    write(tmp_path, ".hidden.json", age=3600)
    write(tmp_path, "other.txt", age=3600)
    assert names(arrivals) == {"a.json"}


def test_a_file_is_new_until_it_is_taken_and_again_when_written_to(
    arrivals: FileArrivals, tmp_path: Path
) -> None:
    write(tmp_path, "a.json", age=3600)
    arrived = arrivals.stable()
    assert arrived is not None
    assert names(arrivals) == {"a.json"}
    arrivals.take(arrived)
    assert names(arrivals) == set()
    write(tmp_path, "a.json", age=1800)
    assert names(arrivals) == {"a.json"}


def test_a_young_file_waits_until_it_is_stable_and_says_when(
    arrivals: FileArrivals, tmp_path: Path
) -> None:
    write(tmp_path, "a.json")
    assert names(arrivals) == set()
    assert 0 < arrivals.seconds_to_look() < STABLE_FOR + 0.1
    time.sleep(arrivals.seconds_to_look())
    assert names(arrivals) == {"a.json"}


def test_without_anything_new_the_clock_says_when_to_look(arrivals: FileArrivals) -> None:
    assert arrivals.stable() is None
    assert arrivals.seconds_to_look() == POLL_SECONDS


def test_first_seen_is_the_oldest_of_a_burst(arrivals: FileArrivals, tmp_path: Path) -> None:
    write(tmp_path, "a.json")
    arrivals.stable()
    before = time.monotonic()
    time.sleep(STABLE_FOR)
    write(tmp_path, "b.json", age=10)
    arrived = arrivals.stable()
    assert arrived is not None
    assert {found.name for _, found in arrived.items} == {"a.json", "b.json"}
    assert arrived.first_seen <= before


def test_a_hint_ends_the_wait_early(arrivals: FileArrivals, tmp_path: Path) -> None:
    with arrivals.hints():
        time.sleep(0.5)  # until the system listens
        write(tmp_path, "a.json")
        start = time.monotonic()
        arrivals.wait(5, lambda: False)
    assert time.monotonic() - start < 2


def test_a_wait_ends_soon_after_it_is_over_and_else_in_time(arrivals: FileArrivals) -> None:
    start = time.monotonic()
    arrivals.wait(30, lambda: time.monotonic() - start > 0.3)
    assert time.monotonic() - start < 2
    start = time.monotonic()
    arrivals.wait(0.3, lambda: False)
    assert time.monotonic() - start >= 0.3
