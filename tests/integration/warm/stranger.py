"""Another user of the machine: files and ports -> what that user can read and is told, as JSON.

    python -m tests.integration.warm.stranger <user id>     # as root, which it gives up first

Its input names files, folders, UNIX sockets, and ports with the protocol that is spoken there.
"""

import json
import os
import socket
import struct
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]

HOST = "127.0.0.1"
SECONDS = 10


def connect(port: int, token: str = "") -> str:
    """Call Spark Connect, with a token if one is given; return the status and what it says."""
    channel = grpc.insecure_channel(f"{HOST}:{port}")
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    call = channel.unary_unary("/spark.connect.SparkConnectService/Config")
    try:
        return repr(call(b"", metadata=metadata, timeout=SECONDS))
    except grpc.RpcError as error:
        return f"{error.code().name}: {error.details()}"
    finally:
        channel.close()


def wrong_token(port: int) -> str:
    """Call Spark Connect with a token that is not the server's."""
    return connect(port, "guessed")


def spark(port: int) -> str:
    """Send a request of Spark's own protocol, as its parts send them to each other."""
    body = bytes(16)
    request = struct.pack(">bqi", 3, 7, len(body)) + body
    return _answer(port, struct.pack(">q", 8 + len(request)) + request)


def py4j(port: int) -> str:
    """Ask the gateway of pyspark for a Java class, without its secret."""
    return _answer(port, b"r\nu\njava.lang.System\nrj\ne\n")


def postgres(port: int) -> str:
    """Log in as the superuser, without a password; return the letter and number of the answer."""
    names = b"user\0postgres\0database\0postgres\0\0"
    with socket.create_connection((HOST, port), SECONDS) as opened:
        opened.sendall(struct.pack(">ii", 8 + len(names), 196608) + names)
        kind, _, code = struct.unpack(">cii", opened.recv(9))
    return f"{kind.decode()} {code}"


def http(port: int) -> str:
    """Return the status of a page."""
    with urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=SECONDS) as page:
        return str(page.status)


PROTOCOLS: dict[str, Callable[[int], str]] = {
    probe.__name__: probe for probe in (connect, wrong_token, spark, py4j, postgres, http)
}


def _answer(port: int, request: bytes) -> str:
    with socket.create_connection((HOST, port), SECONDS) as opened:
        opened.sendall(request)
        return opened.recv(4000).decode(errors="replace")


def _can_read(path: str) -> bool:
    try:
        if Path(path).is_dir():
            next(Path(path).iterdir(), None)
        else:
            Path(path).open("rb").close()
    except OSError:
        return False
    return True


def _can_connect(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as opened:
        try:
            opened.connect(path)
        except OSError:
            return False
        return True


def look(asked: dict[str, Any]) -> dict[str, Any]:
    """Try everything; return the paths that could be read or connected to, and the answers."""
    return {
        "paths": [path for path in asked["paths"] if _can_read(path)],
        "sockets": [path for path in asked["sockets"] if _can_connect(path)],
        "answers": [[kind, PROTOCOLS[kind](port)] for kind, port in asked["ports"]],
    }


def main() -> None:
    """Become the user, look, and print."""
    user, asked = int(sys.argv[1]), json.load(sys.stdin)
    look(asked)  # Python imports meanwhile what that user may not be able to read
    if user != os.geteuid():
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    print(json.dumps(look(asked)))  # noqa: T201 - it is a program


if __name__ == "__main__":
    main()
