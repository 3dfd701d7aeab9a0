"""Ports of the sandbox's servers: each keeps the one it got at its first start, and may lose it."""

from pathlib import Path

from lake.errors import EnvironmentFault
from lake.processes import is_taken


def require_free(port: int, server: str, home: Path) -> None:
    """Raise EnvironmentFault when another program listens on the port of a server of `home`."""
    if is_taken(port):
        raise EnvironmentFault(
            f"port {port} of {server} in {home} is in use by another program",
            f"stop that program (find it: lsof -i :{port}), or start afresh: make clean",
        )
