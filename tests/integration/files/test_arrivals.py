"""Which files are taken, and how often: exactly once by content.

Faults kill-before-commit, kill-after-commit, two-loads-at-once, file-being-written,
same-file-again and unsafe-file.
"""

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from ingestion.results import Outcome
from lake.errors import ConfigurationError, DataLossError, EnvironmentFault
from tests.integration.files.drop import SOURCE, Drop, long_ago, table

ITEMS = table("items", {"id": "bigint"})


def test_a_file_is_landed_once(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a", '{"id": 1}\n')
    assert drop.ingest().outcome is Outcome.LANDED
    snapshot = drop.lake.table(f"raw_{SOURCE}.items").metadata_location  # type: ignore[union-attr]
    assert drop.ingest().outcome is Outcome.NOTHING_NEW
    assert drop.lake.table(f"raw_{SOURCE}.items").metadata_location == snapshot  # type: ignore[union-attr]
    assert len(drop.rows()) == 1


def test_files_of_one_load_are_one_commit(drop: Drop) -> None:
    drop.declare(ITEMS)
    for number in range(200):
        drop.put(f"items/{number}", f'{{"id": {number}}}\n')
    assert drop.ingest().rows_landed == 200
    found = drop.lake.table(f"raw_{SOURCE}.items")
    assert found is not None
    assert len(found.metadata.snapshots) == 1
    assert {row["_file_name"] for row in drop.rows()} == {
        f"items/{number}" for number in range(200)
    }


def test_the_same_content_under_another_name_is_skipped(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a", '{"id": 1}\n')
    drop.put("items/b", '{"id": 1}\n')
    result = drop.ingest()
    assert (result.rows_landed, any("skipped" in note for note in result.notes)) == (1, True)
    drop.put("items/c", '{"id": 1}\n')
    assert drop.ingest().rows_read == 0
    drop.put("items/a", '{"id": 1}\n', at=long_ago())
    assert drop.ingest().rows_read == 0, "the same file with another time"


def test_other_content_under_a_known_name_is_set_aside_once(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a", '{"id": 1}\n')
    drop.ingest()
    drop.put("items/a", '{"id": 1}\n{"id": 2}\n')
    result = drop.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (0, 1)
    assert drop.quarantined()[0]["rule"] == "file_changed"
    assert drop.ingest().rows_quarantined == 0
    assert len(drop.quarantined()) == 1
    assert drop.ingest(full_refresh=True).rows_landed == 2
    assert {row["id"] for row in drop.rows()} == {1, 2}


def test_what_could_not_be_landed_is_tried_again_when_it_is_declared_otherwise(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a", '{"id": "x1"}\n')
    assert drop.ingest().rows_quarantined == 1
    assert drop.ingest().rows_quarantined == 0
    drop.declare(table("items", {"id": "string"}))
    assert drop.ingest(full_refresh=True).rows_landed == 1


def test_files_have_to_be_stable(drop: Drop) -> None:
    drop.declare(ITEMS, stable_for="1 hour")
    drop.put("items/old", '{"id": 1}\n', at=long_ago(3601))
    drop.put("items/young", '{"id": 2}\n', at=long_ago(10))
    drop.put("items/set", '{"id": 3}\n', at=time.time() + 10_000)
    drop.put("items/far", '{"id": 4}\n', at=time.time() + 100)
    started = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", lambda _: None)
        result = drop.ingest()
    assert time.monotonic() - started < 60
    assert {row["id"] for row in drop.rows()} == {1, 3}
    assert any("still being written" in note for note in result.notes)


def test_a_file_that_has_just_been_written_is_waited_for(drop: Drop) -> None:
    drop.declare(ITEMS, stable_for="1 second")
    drop.put("items/a", '{"id": 1}\n')
    assert drop.ingest().rows_landed == 1


def test_a_file_that_is_written_slowly_arrives_whole(drop: Drop) -> None:
    drop.declare(ITEMS, stable_for="1 second")
    file = drop.put("items/slow", "")
    done = threading.Event()

    def write() -> None:
        with file.open("a") as stream:
            for number in range(40):
                stream.write(f'{{"id": {number}}}\n')
                stream.flush()
                time.sleep(0.05)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    drop.ingest()
    assert not done.is_set() or not drop.rows()
    writer.join()
    deadline = time.monotonic() + 30
    while not drop.rows() and time.monotonic() < deadline:
        drop.ingest()
    assert {row["id"] for row in drop.rows()} == set(range(40))


def test_hidden_and_unfinished_files_are_nobody_s_business(drop: Drop) -> None:
    drop.declare(ITEMS)
    for name in (".hidden", "a.tmp", "a.part", "deeper/a", ".b/a"):
        drop.put(f"items/{name}", '{"id": 1}\n')
    drop.put("other/a", '{"id": 1}\n')
    assert drop.ingest().outcome is Outcome.NOTHING_NEW


def test_what_is_no_plain_file_is_refused_and_told(drop: Drop, tmp_path: Path) -> None:
    drop.declare(ITEMS)
    outside = tmp_path / "outside"
    outside.write_text('{"id": 666}\n')
    folder = drop.put("items/good", '{"id": 1}\n').parent
    (folder / "link").symlink_to(outside)
    (folder / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(folder / "fifo")
    (folder / "folder").mkdir()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "socket"))
    (folder / "new\nline").write_text('{"id": 667}\n')
    (folder / "';drop table x;--").write_text('{"id": 2}\n')
    result = drop.ingest()
    listener.close()
    assert {row["id"] for row in drop.rows()} == {1, 2}
    told = " ".join(result.notes)
    for name in ("link", "passwd", "fifo", "socket"):
        assert f"refused 'items/{name}'" in told
    assert "\n" not in told
    assert drop.ingest().rows_read == 0


def test_a_folder_that_is_a_link_is_not_entered(drop: Drop, tmp_path: Path) -> None:
    drop.declare(ITEMS)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_text('{"id": 1}\n')
    (drop.landing / "items").symlink_to(outside)
    assert drop.ingest().rows_read == 0


def test_a_place_that_is_not_there_is_named(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.set_secrets(DROP_FILES=str(drop.folder / "nowhere"))
    with pytest.raises(EnvironmentFault, match="DROP_FILES: there is no folder"):
        drop.ingest()
    drop.set_secrets(DROP_FILES="relative/folder")
    with pytest.raises(ConfigurationError, match="neither an absolute folder nor s3://"):
        drop.ingest()


def test_a_full_refresh_of_an_emptied_place_is_refused(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a", '{"id": 1}\n')
    drop.ingest()
    (drop.landing / "items" / "a").unlink()
    assert drop.ingest().outcome is Outcome.NOTHING_NEW
    with pytest.raises(DataLossError, match="no row can be read any more"):
        drop.ingest(full_refresh=True)
    drop.ingest(full_refresh=True, allow_empty=True)
    assert drop.rows() == []
