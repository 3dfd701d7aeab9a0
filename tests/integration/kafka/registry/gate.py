"""A registry behind a gate of the test: it counts what is asked, and can refuse or fail."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from confluent_kafka.schema_registry.common._httpx_compat import httpx

from lake.processes import LOOPBACK


class Gate:
    """Passes requests on to a registry; `login` is asked for, `status` answered in its place."""

    def __init__(self, upstream: str) -> None:
        """Pass requests on to the URL `upstream`."""
        self.upstream = upstream
        self.login: str | None = None
        self.status: int | None = None
        self.asked: list[str] = []
        self.url = ""

    @contextmanager
    def open(self) -> Iterator["Gate"]:
        """Listen while inside."""
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = gate.answer(self.path, self.headers.get("Authorization"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.url = f"http://{LOOPBACK}:{server.server_port}{urlsplit(self.upstream).path}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    def answer(self, path: str, login: str | None) -> tuple[int, bytes]:
        """Return what is answered to a request."""
        self.asked.append(path)
        if self.status is not None:
            return self.status, b"{}"
        if self.login and login != f"Basic {base64.b64encode(self.login.encode()).decode()}":
            return 401, b"{}"
        place = urlsplit(self.upstream)
        found = httpx.get(f"{place.scheme}://{place.netloc}{path}")
        return found.status_code, found.content
