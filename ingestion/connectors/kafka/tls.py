"""What is wrong with a broker's certificate, in words: librdkafka tells no more than that it is."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from pathlib import Path

CONNECT_SECONDS = 3
NO_HOST_CHECK = {"ssl.endpoint.identification.algorithm": "none"}


def certificate_fault(servers: str, properties: Mapping[str, str]) -> str | None:
    """Return what is wrong with the certificate of one of the brokers, None if nothing is.

    `properties` are those of librdkafka. Brokers that do not answer are passed over.
    """
    for server in servers.split(","):
        host, _, port = server.strip().rpartition(":")
        if port.isdigit() and (found := _fault(host.strip("[]"), int(port), properties)):
            return f"the certificate of {server.strip()}: {found}"
    return None


def _fault(host: str, port: int, properties: Mapping[str, str]) -> str | None:
    try:
        context = _context(properties)
        with (
            socket.create_connection((host, port), CONNECT_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return None
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError:  # what concerns TLS but no certificate, too
        return None


def _context(properties: Mapping[str, str]) -> ssl.SSLContext:
    authorities = properties.get("ssl.ca.location", "")
    place = Path(authorities)
    context = ssl.create_default_context(
        cafile=str(place) if place.is_file() else None,
        capath=str(place) if place.is_dir() and place.name else None,
        cadata=properties.get("ssl.ca.pem"),
    )
    context.check_hostname = not NO_HOST_CHECK.items() <= properties.items()
    return context
