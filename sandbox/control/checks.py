"""What the sandbox adds to `firn doctor`: its recorded ports -> a finding each."""

import contextlib
import socket
from collections.abc import Iterator

from lake.errors import FirnError
from lake.processes import LOOPBACK
from lake.settings import Settings
from operations.monitoring.doctor import Finding
from sandbox.control.clickstream import clickstream_broker
from sandbox.control.shop import shop_server
from sandbox.kafka.broker import EmbeddedKafka
from sandbox.postgres import EmbeddedPostgres


def ports(settings: Settings) -> Iterator[Finding]:
    """The sandbox's own ports, once it has some: used by our servers, or free for them."""
    yield _port(shop_server(settings), "PostgreSQL")
    yield _port(clickstream_broker(settings), "Kafka")


def _port(server: EmbeddedPostgres | EmbeddedKafka, name: str) -> Finding:
    if server.is_running:
        return Finding("Ports", True, f"{server.port} used by the sandbox's {name}")
    port = 0
    with contextlib.suppress(FirnError):
        port = server.port
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError as error:
            fix = f"stop the process that uses it (ss -ltnp 'sport = :{port}')"
            return Finding("Ports", False, f"{LOOPBACK}:{port}: {error.strerror}", fix)
    return Finding("Ports", True, f"{LOOPBACK}:{port or 'any'} free for the sandbox's {name}")
