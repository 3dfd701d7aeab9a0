"""Questions to this machine: free ports, processes at work in a folder, installed packages."""

import contextlib
import importlib.util
import socket
from pathlib import Path

import psutil

from lake.errors import EnvironmentFault

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port on the loopback address that no one listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Return whether someone listens on a port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
        return False


def listener(port: int) -> psutil.Process | None:
    """Return the process that listens on a TCP port, None where none is known to.

    Raises psutil.Error where the system does not tell.
    """
    for connection in psutil.net_connections("tcp"):
        is_listening = connection.status == psutil.CONN_LISTEN and connection.pid
        if is_listening and tuple(connection.laddr)[1:2] == (port,):
            return psutil.Process(connection.pid)
    return None


def listens(process: psutil.Process, port: int) -> bool:
    """Return whether it is this process that listens on a TCP port."""
    return any(
        connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:2] == (port,)
        for connection in process.net_connections("tcp")
    )


def works_in(process: psutil.Process, folder: Path) -> bool:
    """Return whether a process is alive with `folder` as its working folder (a zombie has none)."""
    with contextlib.suppress(psutil.Error, OSError):
        return Path(process.cwd()) == folder.resolve()
    return False


def has_workers(folder: Path) -> bool:
    """Return whether any process that the caller may look at works in `folder`."""
    return any(works_in(process, folder) for process in psutil.process_iter())


def installed_package(name: str) -> Path:
    """Return the folder of an installed package, without importing it.

    Raises EnvironmentFault when it is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EnvironmentFault(f"the package {name} is not installed", "make setup")
    return Path(spec.submodule_search_locations[0])


def wait_or_kill(process: psutil.Process, seconds: float) -> None:
    """Wait so many seconds for a process to end by itself, then kill it and wait for its end."""
    try:
        process.wait(seconds)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait()
