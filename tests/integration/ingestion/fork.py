"""Loads and replays in processes of their own, for tests that kill them: a function -> a process.

They are forked from a Python that has imported what this one has, so that a kill meets the work and
not the imports before it.
"""

import multiprocessing
import signal
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from random import Random

IMPORTED = ("ingestion", "lake", "psycopg", "pyarrow", "pyiceberg", "sqlalchemy")
DEADLINE_SECONDS = 120
KILLED = 137  # the exit code of a process that died at a failpoint
_CONTEXT = multiprocessing.get_context("forkserver")


def fork(function: Callable[..., object], *arguments: object) -> ForkServerProcess:
    """Call a function of a module in a process of its own; what it returns is lost."""
    known = sorted(name for name in sys.modules if name.split(".")[0] in IMPORTED)
    _CONTEXT.set_forkserver_preload(known)  # of use to the first call, which starts the server
    process = _CONTEXT.Process(target=function, args=arguments, daemon=True)
    process.start()
    return process


def ended(process: ForkServerProcess) -> int | None:
    """Wait for the end of a process and return its exit code; None when it goes on for ever."""
    process.join(DEADLINE_SECONDS)
    return process.exitcode


def kill_within(process: ForkServerProcess, seconds: float, random: Random) -> bool:
    """Kill a process at a random moment of so many seconds; return False if it ended before."""
    process.join(random.uniform(0, seconds))
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL
