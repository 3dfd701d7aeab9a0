"""Firn's ways with Spark Connect's client, which pyspark has no settings for: retries and a token.

Left to itself, the client tries for ten minutes to reach a server that is not there. It takes a
token from the environment alone, for every server, and without TLS sends it to the name `localhost`
only: which may be ::1, where another user may listen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partialmethod
from importlib import import_module
from typing import Any

from lake.errors import EnvironmentFault, FirnError
from lake.processes import LOOPBACK
from operations.runtime.spark_token import SparkToken

REMOTE = "spark.remote"
CONNECT_PORT = 15002  # of a URL that names none
CONNECTION_RETRIES = 3  # within about a second
LOOPBACK_NAMES = (LOOPBACK, "localhost")

OpenChannel = Callable[[Any], Any]
_tokens: dict[int, SparkToken] = {}


def limit_retries() -> None:
    """Let Connect's client miss a server within seconds."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    if isinstance(DefaultPolicy.__dict__["__init__"], partialmethod):
        return
    patient = DefaultPolicy.__init__
    setattr(  # noqa: B010 - to mypy, a method is nothing to assign to
        DefaultPolicy, "__init__", partialmethod(patient, max_retries=CONNECTION_RETRIES)
    )


def send_token(port: int, token: SparkToken) -> None:
    """Let clients of this process send the token to a port of 127.0.0.1, and to no other server.

    It is read for each call: when the server was started again, so is its token sent.
    """
    from pyspark.sql.connect.client.core import DefaultChannelBuilder

    _tokens[port] = token
    stock = DefaultChannelBuilder.toChannel
    if stock.__module__ != __name__:
        setattr(DefaultChannelBuilder, "toChannel", _with_token(stock))  # noqa: B010


def _with_token(stock: OpenChannel) -> OpenChannel:
    """Return pyspark's method that opens a channel, for servers with a token and for others."""

    def to_channel(builder: Any) -> Any:  # noqa: ANN401 - a ChannelBuilder, a grpc.Channel
        token = _tokens.get(builder._port) if builder.host in LOOPBACK_NAMES else None
        if token is None or builder.use_ssl:
            return stock(builder)
        return builder._secure_channel(f"{LOOPBACK}:{builder._port}", _credentials(token))

    return to_channel


def _credentials(token: SparkToken) -> Any:  # noqa: ANN401 - grpc's
    """Return what puts the token into each call, on connections within this machine alone."""
    grpc: Any = import_module("grpc")

    def sign(_: object, callback: Callable[[tuple[tuple[str, str], ...], object], None]) -> None:
        try:
            callback((("authorization", f"Bearer {token.read()}"),), None)
        except FirnError as error:
            callback((), EnvironmentFault(error.message))

    return grpc.composite_channel_credentials(
        grpc.local_channel_credentials(), grpc.metadata_call_credentials(sign)
    )
