"""What the sandbox adds to `firn doctor`: its recorded port -> a finding."""

import contextlib
import socket
from collections.abc import Iterator

from lake.errors import FirnError
from lake.processes import LOOPBACK
from lake.settings import Settings
from operations.monitoring.doctor import Finding
from sandbox.control.shop import shop_server


def ports(settings: Settings) -> Iterator[Finding]:
    """The sandbox's own port, once it has one: used by our server, or free for it."""
    server = shop_server(settings)
    if server.is_running:
        yield Finding("Ports", True, f"{server.port} used by the sandbox's PostgreSQL")
        return
    port = 0
    with contextlib.suppress(FirnError):
        port = server.port
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError as error:
            fix = f"stop the process that uses it (ss -ltnp 'sport = :{port}')"
            yield Finding("Ports", False, f"{LOOPBACK}:{port}: {error.strerror}", fix)
        else:
            yield Finding("Ports", True, f"{LOOPBACK}:{port or 'any'} free")
