"""One dbt at a time writes a lake and its artefacts: dbt's commands -> the lock `build`.

It is taken before the project is parsed: what dbt parsed is among what it writes to `target/`. The
catalog is asked then whether it can be written, before Spark, which would wait without a word.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click
from dbt.flags import get_flags
from dbt.plugins.manager import dbtPlugin
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note
from dbt_common.exceptions import DbtRuntimeError

if TYPE_CHECKING:
    from lake.locks import ProcessLock
    from lake.settings import Settings

WRITING = frozenset({"build", "run", "test", "seed", "snapshot", "retry", "clone"})


class OneBuild(dbtPlugin):
    """Lets a command that writes wait until another one has ended."""

    def initialize(self) -> None:
        """Take the lock until the command ends; a process that holds it already keeps it.

        Raises DbtRuntimeError if another process holds it and FIRN_NO_WAIT is set, and where the
        catalog is known to take no commit.
        """
        flags = get_flags()  # type: ignore[no-untyped-call]
        if flags.WHICH not in WRITING:
            return
        from lake.locks import ProcessLock
        from lake.settings import Settings

        settings = Settings.load(Path(flags.PROJECT_DIR), flags.TARGET)
        lock = ProcessLock(settings.home, "build")
        if lock.is_held_here:
            return
        if not lock.acquire(0):
            _wait(lock, may_wait=not settings.no_wait)
        if context := click.get_current_context(silent=True):
            context.call_on_close(lock.release)
        _require_writable(settings)


class _Notes(logging.Handler):
    """Prints what is waited for as dbt prints."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record."""
        fire_event(Note(msg=record.getMessage()))


def _require_writable(settings: "Settings") -> None:
    """Wait until the catalog can be written, or raise DbtRuntimeError saying why it cannot."""
    from lake.catalogs.base import WAITING_LOG
    from lake.errors import ConfigurationError, EnvironmentFault
    from lake.lake import Lake

    notes, waiting = _Notes(), logging.getLogger(WAITING_LOG)
    waiting.addHandler(notes)
    try:
        Lake(settings).backend.require_writable()
    except EnvironmentFault as fault:
        raise DbtRuntimeError(f"Nothing was built: {fault}") from fault
    except ConfigurationError:
        return  # the profile is of another kind, which pre-flight says where it matters
    finally:
        waiting.removeHandler(notes)


def _wait(lock: "ProcessLock", *, may_wait: bool) -> None:
    """Wait for the lock and say for whom, or raise DbtRuntimeError."""
    if not may_wait:
        raise DbtRuntimeError(
            f"Nothing was built: dbt is at work in this lake already, {lock.holder}.\n"
            "  fix: wait for it to end, or unset FIRN_NO_WAIT to let this one wait"
        )
    fire_event(Note(msg=f"Waiting for the dbt that is at work in this lake: {lock.holder}"))
    lock.acquire(-1)
