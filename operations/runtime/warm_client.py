"""Makes a client of Spark Connect ready: the target's URL -> a server that listens, its token."""

from __future__ import annotations

import socket
from urllib.parse import urlparse

from lake.errors import EnvironmentFault
from lake.settings import Settings
from operations.runtime.connect_client import CONNECT_PORT, limit_retries, send_token
from operations.runtime.warm_spark import START, WarmSpark

CONNECT_SECONDS = 10.0


def prepare_client(settings: Settings, url: str) -> None:
    """Let pyspark in this process reach the server of a URL, the warm Spark with its token.

    Raises EnvironmentFault when nobody listens there, when it is not the warm Spark that listens
    at its port, and when its token is missing or unusable.
    """
    _require_listener(url)
    limit_retries()
    warm = WarmSpark(settings)
    if warm.is_at(url):
        warm.require()
        send_token(warm.port, warm.token)


def _require_listener(url: str) -> None:
    place = urlparse(url)
    try:
        address = place.hostname or "", place.port or CONNECT_PORT
        socket.create_connection(address, CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            f"no Spark listens at {place.scheme}://{place.netloc}: {error}", START
        ) from error
