"""What is wrong with TLS to a PostgreSQL server, in words, and how to do with less knowingly."""

from __future__ import annotations

import socket
import ssl
import struct

from lake.errors import EnvironmentFault
from lake.tls import VERIFY_FULL, Tls

CONNECT_SECONDS = 5
MODES_WITH_TLS = ("require", "verify-ca", VERIFY_FULL)
# What a client sends before TLS: its own length and the code of the request.
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
WITHOUT_CHECK = (
    "or knowingly without this check: sslmode=require encrypts, but whoever is in between can pass"
    " for the server, read and change all"
)
WITHOUT_TLS = (
    "go knowingly without: sslmode=disable, and whoever is in between reads rows and may change"
    " them"
)
ANOTHER_HOST, UNKNOWN, EXPIRED, EARLY, OTHER = range(5)
_KINDS = {
    9: EARLY,
    10: EXPIRED,
    **dict.fromkeys((2, 18, 19, 20, 21, 27), UNKNOWN),
    **dict.fromkeys((62, 64), ANOTHER_HOST),
}
_WORDS = {
    ANOTHER_HOST: (
        "the server's certificate names another host",
        "use the host that the certificate names (sslmode=verify-ca leaves out the name alone)",
    ),
    UNKNOWN: (
        "the server's certificate is signed by an unknown authority",
        "sslrootcert=<file of its authority>, or sslrootcert=system where the system knows it",
    ),
    EXPIRED: ("the server's certificate has expired", "renew it at the server"),
    EARLY: (
        "the server's certificate is not valid yet",
        "set the clock of this machine, or renew the certificate at the server",
    ),
    OTHER: ("the server's certificate is not accepted", "correct it at the server"),
}


def certificate_fault(
    where: str, error: ssl.SSLCertVerificationError, place: str
) -> EnvironmentFault:
    """Return which check a certificate does not pass; `place` is where settings are written."""
    said, fix = _WORDS[_KINDS.get(error.verify_code, OTHER)]
    detail = error.verify_message.rstrip(".")
    return EnvironmentFault(f"{where}: {said}: {detail}", f"in {place}: {fix}; {WITHOUT_CHECK}")


def no_tls_fault(where: str, place: str) -> EnvironmentFault:
    """Return that a server offers no TLS although it is to be used."""
    return EnvironmentFault(
        f"{where}: the server has no TLS, which is asked for",
        f"turn TLS on in the server (ssl = on), or in {place} {WITHOUT_TLS}",
    )


def examine_server(
    host: str, port: int, tls: Tls, where: str, place: str
) -> EnvironmentFault | None:
    """Begin TLS with a server as a driver would, and return what a check says against it.

    libpq does not say which check a certificate failed. None where all is well, where something
    else than TLS is wrong, and for a mode that does without TLS. `tls` must name its authorities if
    it has a mode that verifies.
    """
    if tls.mode not in MODES_WITH_TLS:
        return None
    context = ssl.create_default_context(cafile=tls.authorities)
    context.check_hostname = tls.mode == VERIFY_FULL
    if tls.authorities is None:
        context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS) as plain:
            plain.sendall(SSL_REQUEST)
            if plain.recv(1) != b"S":
                return no_tls_fault(where, place)
            with context.wrap_socket(plain, server_hostname=host):
                return None
    except ssl.SSLCertVerificationError as error:
        return certificate_fault(where, error, place)
    except OSError:  # of TLS, too: the driver's own words are all there is
        return None
