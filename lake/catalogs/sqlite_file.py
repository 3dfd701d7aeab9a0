"""The file of a SQLite catalog: file + error -> what is wrong with it, and the command for it."""

from __future__ import annotations

import os
import shlex
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from lake.catalogs.base import BUSY_TIMEOUT_SECONDS
from lake.errors import EnvironmentFault

BESIDE = ("-wal", "-shm")  # what SQLite keeps beside a file: commits of late, and who reads them
_PRIMARY = 0xFF  # of SQLite's codes, which say more above it
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class DamagedCatalogError(EnvironmentFault):
    """The file of the catalog is no database, or one that SQLite cannot read."""


def fault_of(
    file: Path, done: str, error: Exception, seconds: float = BUSY_TIMEOUT_SECONDS
) -> EnvironmentFault:
    """Return the fault that an error of SQLite or of the system is; `done` is what was tried.

    `seconds` is how long a lock was waited for.
    """
    said = f"the catalog {file} cannot be {done}"
    if is_busy(error):
        return EnvironmentFault(
            f"{said}: another process has locked it for more than {seconds:g} s ({held_by(file)})",
            "end that process or wait for its end, then run the same command again",
        )
    if _code(error) in _DAMAGED:
        return DamagedCatalogError(f"{said}: the file is damaged ({error})", "firn restore catalog")
    return write_fault(file, said) or EnvironmentFault(f"{said}: {error}", "firn doctor")


def is_busy(error: Exception) -> bool:
    """Whether somebody else holds the lock, so that the same statement may succeed later."""
    return getattr(error, "sqlite_errorcode", None) in _BUSY or isinstance(error, TimeoutError)


def held_by(file: Path) -> str:
    """Name the other processes that have the file open, as far as this user may know."""
    found = [f"pid {process.pid} ({process.name()})" for process in _holders(file)]
    return f"open in {', '.join(found)}" if found else "in a process that this user cannot see"


def write_fault(file: Path, said: str) -> EnvironmentFault | None:
    """Return what this user may not write of the file, its folder and what is beside it."""
    denied = list(_denied(file))
    if not denied:
        return None
    user = psutil.Process().username()
    shown = ", ".join(f"{path} ({_mode_of(path)})" for path in denied)
    return EnvironmentFault(f"{said}: {user} may not write {shown}", _permission(denied, user))


def damage_of(file: Path) -> str:
    """Return what SQLite finds wrong with a file, "" for one that is whole or not there.

    Nothing is changed: whoever may write would clear away a -wal that is damaged too.
    Raises EnvironmentFault where it cannot be asked.
    """
    try:
        if not file.exists():
            return ""
        uri = f"{file.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_SECONDS)) as connection:
            [(found,)] = connection.execute("pragma quick_check(1)")
    except (OSError, sqlite3.Error) as error:
        if _code(error) in _DAMAGED:
            return str(error)
        raise fault_of(file, "read", error) from error
    return "" if found == "ok" else str(found)


def set_aside(file: Path) -> Path:
    """Rename a damaged file and what is beside it, which SQLite would read into a new one.

    Returns the new name. Raises EnvironmentFault while another process has it open, whose commits
    would be lost, and where this user may not do it.
    """
    if list(_holders(file)):
        raise EnvironmentFault(
            f"the catalog {file} is damaged, and {held_by(file)}",
            "end that process, then: firn restore catalog --apply",
        )
    if fault := write_fault(file, f"the catalog {file} is damaged, and cannot be renamed"):
        raise fault
    aside = file.with_name(f"{file.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    for ending in (*BESIDE, ""):
        with suppress(FileNotFoundError):
            Path(f"{file}{ending}").rename(f"{aside}{ending}")
    return aside


def _code(error: Exception) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY


def _holders(file: Path) -> Iterator[psutil.Process]:
    path = str(file.resolve())
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            is_open = any(open_file.path == path for open_file in process.open_files())
            if is_open and process.pid != os.getpid():
                yield process


def _denied(file: Path) -> Iterator[Path]:
    folder = file.parent
    if not folder.exists():
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield folder
    for ending in ("", *BESIDE):
        path = Path(f"{file}{ending}")
        if os.access(path, os.F_OK) and not os.access(path, os.W_OK):
            yield path


def _mode_of(path: Path) -> str:
    found = path.stat()
    return f"mode {stat.S_IMODE(found.st_mode):04o}, uid {found.st_uid}"


def _permission(denied: list[Path], user: str) -> str:
    """Return the command that lets the user write, for the reason that is found."""
    paths = shlex.join(map(str, denied))
    if os.statvfs(denied[0]).f_flag & os.ST_RDONLY:
        return f"its file system is mounted read-only: mount -o remount,rw {_mount_of(denied[0])}"
    found = [path.stat() for path in denied]
    if any(one.st_uid != os.geteuid() for one in found):
        return f"chown {user} {paths}"
    if all(one.st_mode & stat.S_IWUSR for one in found):
        return f"chattr -i {paths}"
    return f"chmod u+w {paths}"


def _mount_of(path: Path) -> str:
    step = path.resolve()
    while not step.is_mount():
        step = step.parent
    return shlex.quote(str(step))
