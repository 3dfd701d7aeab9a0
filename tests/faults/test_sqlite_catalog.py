"""The file of a SQLite catalog is locked, read-only, damaged or half deleted; nothing is lost."""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, cast

import pytest
from sqlalchemy.exc import SQLAlchemyError

from ingestion.sources import load_sources
from lake.catalogs import sqlite_connection
from lake.catalogs.ordered_sql import OrderedSqlCatalog
from lake.catalogs.sqlite_dialect import register
from lake.errors import DataLossError, EnvironmentFault
from lake.lake import Lake
from operations.maintenance.run import plan_lake
from operations.monitoring.status.status import lake_status
from operations.preflight import verify
from operations.preflight.gate import Run, examine
from operations.preflight.graph import Project
from operations.preflight.restore_catalog import restore_catalog
from tests.integration.files.drop import Drop, table

FIRN = "import sys; sys.argv = ['firn', *{!r}]; from operations.cli.app import main; main()"
TOLD_SOON = "import lake.catalogs.sqlite_connection as c; c.UNTOLD_SECONDS = 0.2; "
# A second connection keeps the first one's end from writing the -wal into the file.
KILLED = """
import os, sqlite3
from pathlib import Path
from ingestion.api import ingest
kept = sqlite3.connect({catalog!r})
kept.execute("select * from iceberg_tables").fetchall()
for number in {numbers}:
    Path({landing!r}, "items", str(number)).write_text('{{"id": %d}}' % number)
    ingest()
os.kill(os.getpid(), 9)
"""
DEADLINE_SECONDS = 60
LOADS = 2
KILLED_LOADS = 2
EMPTY_GRAPH = Run({"nodes": {}, "sources": {}}, [])


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    """Return a lake of a few loads, and a file more that waits."""
    made = Drop(tmp_path)
    made.set_up()
    made.declare(table("items", {"id": "int"}))
    for number in range(LOADS):
        _put(made, number)
        loading = made.ingest_in_process()  # this process has no connection that would take part
        loading.join(DEADLINE_SECONDS)
        assert loading.exitcode == 0
    with closing(sqlite3.connect(_catalog(made))) as connection:  # which those did not close
        connection.execute("pragma wal_checkpoint(truncate)")
    return made


def _put(drop: Drop, number: int) -> None:
    drop.put(f"items/{number}.jsonl", f'{{"id": {number}}}\n')


def _ids(drop: Drop) -> list[int]:
    """Return what has landed, read independently."""
    return sorted(row["id"] for row in drop.rows())


def _catalog(drop: Drop) -> Path:
    return drop.home / "lake" / "catalog.db"


def _verify(drop: Drop) -> None:
    """Verify without dbt, of which the raw tables need nothing."""
    project = Project({"nodes": {}}, load_sources(drop.folder), "firn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "read_project", lambda *_: project)
        verify.verify_tables(drop.settings, [])


READERS: dict[str, Callable[[Drop], object]] = {
    "status": lambda drop: lake_status(drop.settings),
    "verify": _verify,
}
COMMANDS: dict[str, Callable[[Drop], object]] = {
    **READERS,
    "ingest": lambda drop: drop.ingest(),
    "maintain": lambda drop: plan_lake(drop.settings),
    "preflight": lambda drop: examine(Lake(drop.settings), drop.settings, EMPTY_GRAPH),
}


def _firn(drop: Drop, *arguments: str, before: tuple[str, ...] = ()) -> tuple[int, str]:
    """Run `firn` in a process of its own; return its exit code and what it printed as errors."""
    process = drop.start_python(FIRN.format(arguments), before=before)
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert "Traceback" not in errors
    return process.returncode, errors


def _wait_only(drop: Drop, milliseconds: int) -> None:
    """Let the profile say how long a lock is waited for, by Python and Spark."""
    profile = drop.folder / "profiles" / "profiles.yml"
    said = profile.read_text()
    assert 'busy_timeout: "60000"' in said
    profile.write_text(said.replace('"60000"', f'"{milliseconds}"'))


@contextmanager
def _held(drop: Drop, taken: str) -> Iterator["subprocess.Popen[str]"]:
    """Let another process hold what it takes of the `file`, until it is told to end."""
    ended = "print(1, flush=True); import signal; signal.pause()"
    script = f"import sqlite3; file = {str(_catalog(drop))!r}; {taken}; {ended}"
    process = drop.start_python(script)
    try:
        assert cast("IO[str]", process.stdout).readline() == "1\n"
        yield process
    finally:
        process.kill()
        process.communicate()


LOCKS = {
    "immediate": "c = sqlite3.connect(file); c.execute('begin immediate')",
    "exclusive": "c = sqlite3.connect(file); c.execute('pragma locking_mode = exclusive');"
    " c.execute('begin exclusive')",
}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_that_stays_is_named(drop: Drop, lock: str) -> None:
    """Fault catalog-locked: who holds it, how long it was waited for, and nothing is lost.

    One lock lets others read, the other nobody.
    """
    _wait_only(drop, 300)
    _put(drop, LOADS)
    with _held(drop, LOCKS[lock]) as holder:
        code, errors = _firn(drop, "ingest")
    assert code == 2
    assert f"{_catalog(drop)} cannot be" in errors
    assert f"locked it for more than 0.3 s (open in pid {holder.pid} " in errors
    assert errors.count("fix:") == 1
    assert "end that process or wait for its end" in errors
    drop.ingest()
    assert _ids(drop) == list(range(LOADS + 1))


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_goes_on_without_the_catalog(
    drop: Drop, command: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault catalog-locked: each says that it waits, and then names who holds the lock."""
    _wait_only(drop, 100)
    monkeypatch.setattr(sqlite_connection, "UNTOLD_SECONDS", 0.02)
    with (
        _held(drop, LOCKS["exclusive"]) as holder,
        pytest.raises(EnvironmentFault, match=f"locked it .*pid {holder.pid} "),
    ):
        COMMANDS[command](drop)
    assert f"waiting up to 0.1 s for the catalog {_catalog(drop)}" in caplog.text
    COMMANDS[command](drop)
    assert _ids(drop) == list(range(LOADS))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_that_ends_is_waited_for_and_told(drop: Drop, lock: str) -> None:
    """Fault catalog-locked: a load says that it waits and for whom, and lands."""
    _put(drop, LOADS)
    with _held(drop, LOCKS[lock]) as holder:
        process = drop.start_python(TOLD_SOON + FIRN.format(("ingest",)))
        said = cast("IO[str]", process.stderr).readline()
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert f"note waiting up to 60 s for the catalog {_catalog(drop)}" in said
    assert f"(open in pid {holder.pid} " in said
    assert (process.returncode, errors) == (0, "")
    assert _ids(drop) == list(range(LOADS + 1))


@pytest.mark.parametrize(
    ("dialect", "raised"), [("+firn", EnvironmentFault), ("", SQLAlchemyError)]
)
def test_a_lock_is_a_fault_in_the_library_of_the_catalog(
    drop: Drop, dialect: str, raised: type[Exception]
) -> None:
    """Fault catalog-locked. Guard off: it looks for tables to make, and ends with its own error."""
    register()
    uri = f"sqlite{dialect}:///{_catalog(drop)}?timeout=0.1"
    with _held(drop, LOCKS["exclusive"]), pytest.raises(raised, match="lock"):
        OrderedSqlCatalog("lake", uri=uri, warehouse="file:///nowhere")


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv of util-linux")
@pytest.mark.parametrize("name", ["catalog.db", "."])
def test_a_file_or_folder_that_may_not_be_written_is_named(drop: Drop, name: str) -> None:
    """Fault read-only-catalog: before anything is read of a source; the command named cures it.

    Root, who may write all, gives that right up first.
    """
    _put(drop, LOADS)
    path = _catalog(drop).parent / name
    mode = path.stat().st_mode
    path.chmod(mode & ~0o222)
    without = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
    before = without if os.geteuid() == 0 else ()
    code, errors = _firn(drop, "ingest", before=before)
    assert code == 2
    assert f"cannot be changed: {_user()} may not write {path} (mode 0" in errors
    fix = re.search(r"fix:  (chmod u\+w .*)", errors)
    assert fix
    for command in (["sh", "-c", fix[1]], [*before, "test", "-w", str(path)]):
        subprocess.run(command, check=True, timeout=DEADLINE_SECONDS)
    drop.ingest()
    assert _ids(drop) == list(range(LOADS + 1))


def _user() -> str:
    return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()


def _random(file: Path) -> None:
    file.write_bytes(os.urandom(file.stat().st_size))


def _random_but_the_first_page(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))


def _half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 8192 * 4096)


@pytest.mark.parametrize("harm", [_random, _random_but_the_first_page, _half])
def test_a_damaged_file_is_named_and_made_again(drop: Drop, harm: Callable[[Path], None]) -> None:
    """Fault damaged-catalog: all commands name it, and it is renamed, never deleted."""
    file = _catalog(drop)
    harm(file)
    damaged = file.read_bytes()
    for command in COMMANDS.values():
        with pytest.raises(EnvironmentFault, match="the file is damaged") as raised:
            command(drop)
        assert str(file) in raised.value.message
        assert raised.value.fix == "firn restore catalog"
    said = restore_catalog(drop.settings)
    assert {one.name for one in said.registrations} == {"ops.loads", "raw_drop.items"}
    assert file.read_bytes() == damaged
    done = restore_catalog(drop.settings, apply=True)
    assert all(one.registered for one in done.registrations)
    assert Path(done.aside).read_bytes() == damaged
    _put(drop, LOADS)
    drop.ingest()
    assert _ids(drop) == list(range(LOADS + 1))
    for command in COMMANDS.values():
        command(drop)


def test_a_damaged_file_that_is_open_elsewhere_stays(drop: Drop) -> None:
    """Fault damaged-catalog: what that process still commits to it would be lost."""
    file = _catalog(drop)
    with _held(drop, "c = open(file)") as holder:
        _random(file)
        with pytest.raises(EnvironmentFault, match=f"open in pid {holder.pid} "):
            restore_catalog(drop.settings, apply=True)
        assert file.exists()
    assert restore_catalog(drop.settings, apply=True).aside


def _killed(drop: Drop) -> None:
    """Land two files more in a process that dies before they are in the file itself."""
    numbers = list(range(LOADS, LOADS + KILLED_LOADS))
    script = KILLED.format(catalog=f"{_catalog(drop)}", landing=f"{drop.landing}", numbers=numbers)
    process = drop.start_python(script)
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == -9, errors
    assert Path(f"{_catalog(drop)}-wal").stat().st_size > 0


def test_commits_in_a_wal_that_was_deleted_come_back(drop: Drop) -> None:
    """Fault lost-catalog: the file without its -wal is older than the tables."""
    _killed(drop)
    Path(f"{_catalog(drop)}-wal").unlink()
    for command in COMMANDS.values():
        with pytest.raises(DataLossError, match=r"items \(older in the catalog\)") as raised:
            command(drop)
        assert raised.value.fix == "firn restore catalog"
    restore_catalog(drop.settings, apply=True)
    drop.ingest()
    assert _ids(drop) == list(range(LOADS + KILLED_LOADS))


def test_without_the_shared_memory_nothing_is_missing(drop: Drop) -> None:
    """Fault lost-catalog: SQLite makes the -shm again of the -wal."""
    _killed(drop)
    Path(f"{_catalog(drop)}-shm").unlink()
    assert _ids(drop) == list(range(LOADS + KILLED_LOADS))
    for command in COMMANDS.values():
        command(drop)


def test_what_is_beside_a_damaged_file_is_renamed_too(drop: Drop) -> None:
    """Fault damaged-catalog: SQLite would read a -wal that is left into the new file."""
    _killed(drop)
    _random(_catalog(drop))
    Path(f"{_catalog(drop)}-shm").unlink()
    Path(f"{_catalog(drop)}-wal").write_bytes(os.urandom(4096))
    done = restore_catalog(drop.settings, apply=True)
    assert Path(f"{done.aside}-wal").exists()
    drop.ingest()
    assert _ids(drop) == list(range(LOADS + KILLED_LOADS))
