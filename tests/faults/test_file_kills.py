"""Loads of files that die or race: run again, and nothing is lost, nothing doubled."""

import json
import os
import random
import shutil
from pathlib import Path

import pytest

from lake.settings import Failpoint
from tests.integration.files.drop import SOURCE, Drop, table
from tests.integration.ingestion.checker import Verdict, judge
from tests.integration.ingestion.fork import KILLED, ended, kill_within

FILES, ROWS = 40, 500
KILLS, SECONDS = 20, 0.6
DEADLINE_SECONDS = 120
ROOM_BYTES = 1024 * 1024
LARGEST_BYTES = 600 * 1000 * 1000  # what a load may take, whatever it reads
RAW = f"raw_{SOURCE}.items"


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    """Return a drop folder with files of good and bad rows; nothing is landed yet."""
    made = Drop(tmp_path)
    made.set_up()
    made.declare(table("items", {"id": "bigint", "text": "string"}))
    for file in range(FILES):
        lines = [f'{{"id": {file * ROWS + row}, "text": "{row:0100}"}}' for row in range(ROWS)]
        lines[7] = '{"id": "bad"}'
        made.put(f"items/{file:03}", "\n".join(lines))
    return made


def _verdict(drop: Drop) -> Verdict:
    """Compare what was dropped with rows of the lake and of quarantine, by file and row."""
    sent = [(f"items/{file:03}", row) for file in range(FILES) for row in range(1, ROWS + 1)]
    landed = [(row["_file_name"], row["_file_row"]) for row in drop.rows()]
    places = [json.loads(row["place"]) for row in drop.quarantined()]
    return judge(sent, landed + [(place["file"], int(place["row"])) for place in places])


@pytest.mark.parametrize("failpoint", [Failpoint.AFTER_COPY, Failpoint.BEFORE_COMMIT])
def test_a_kill_before_the_commit(drop: Drop, failpoint: Failpoint) -> None:
    """Fault kill-before-commit.

    Orphan files at most; the rows kept in quarantine already are not kept twice.
    """
    assert ended(drop.ingest_in_process(failpoint)) == KILLED
    assert drop.rows() == []
    drop.ingest()
    assert _verdict(drop).is_clean


def test_a_kill_after_the_commit(drop: Drop) -> None:
    """Fault kill-after-commit: the next run knows the files from the table."""
    assert ended(drop.ingest_in_process(Failpoint.AFTER_COMMIT)) == KILLED
    assert drop.ingest().rows_read == 0
    assert _verdict(drop).is_clean
    assert len(drop.lake.rows("ops.loads")) == 1


def test_random_kills(drop: Drop) -> None:
    """Fault random-kills: killed at any point, again and again, it converges."""
    rng = random.Random(5)  # noqa: S311 - a seed, no secret
    killed = [kill_within(drop.ingest_in_process(), SECONDS, rng) for _ in range(KILLS)]
    assert any(killed)
    drop.ingest(wait=True)
    assert _verdict(drop).is_clean


def test_two_at_once(drop: Drop) -> None:
    """Fault two-loads-at-once: with the lock out of the way, the commit decides."""
    unlocked = (
        "import contextlib, ingestion.api as run;"
        "run.source_lock = lambda *a, **k: contextlib.nullcontext();"
        "run.ingest([])"
    )
    processes = [drop.start_python(unlocked) for _ in range(2)]
    for process in processes:
        _, errors = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, errors
    assert _verdict(drop).is_clean
    found = drop.lake.table(RAW)
    assert found is not None
    assert len(found.metadata.snapshots) == 1


def test_memory_stays_bounded_whatever_a_line_or_a_file_is(drop: Drop) -> None:
    """Fault damaged-file: a 100 MB line, and a file larger than the memory a load may take."""
    filler = b'{"id": 1, "text": "' + b"x" * 1000 + b'"}\n'
    with (drop.landing / "items" / "large").open("wb") as file:
        for _ in range(300):
            file.write(filler * 1000)
        file.write(b'{"id": 2, "text": "')
        for _ in range(100):
            file.write(b"y" * 1024 * 1024)
        file.write(b'"}\n' + filler)
    script = (  # getrusage would count what the process was before it became this one
        "from pathlib import Path; from ingestion.api import ingest; ingest([]);"
        "status = Path('/proc/self/status').read_text();"
        "print(int(status.split('VmHWM:')[1].split()[0]) * 1024)"
    )
    process = drop.start_python(script)
    printed, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, errors
    assert int(printed) < LARGEST_BYTES
    assert len(drop.rows(columns="id", where="_file_name = 'items/large'")) == 300_001


def test_a_disk_without_room_is_named_and_costs_nothing_that_was_landed(drop: Drop) -> None:
    """Fault disk-full: as a full disk refuses to write, so does a limit of what a file may take."""
    drop.ingest()
    before = drop.rows()
    noise = "".join(f'{{"id": {n}, "text": "{os.urandom(500).hex()}"}}\n' for n in range(5_000))
    drop.put("items/noise", noise)
    process = drop.ingest_within(ROOM_BYTES)
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 2, errors
    assert f"{RAW}: its files cannot be written: File too large" in errors
    assert "Traceback" not in errors
    assert drop.rows() == before
    assert drop.ingest().rows_landed == 5_000


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv of util-linux")
def test_what_may_not_be_read_is_left_and_told(drop: Drop) -> None:
    """Fault unsafe-file.

    Mode 000 costs that file; root, who may read all, gives that right up first.
    """
    (drop.landing / "items" / "000").chmod(0)
    without = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    as_root = without if os.geteuid() == 0 else []
    script = "from ingestion.api import ingest; print(ingest([])[0].notes)"
    process = drop.start_python(script, before=as_root)
    printed, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, errors
    assert "refused 'items/000'" in printed
    assert len({row["_file_name"] for row in drop.rows()}) == FILES - 1
