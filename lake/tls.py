"""TLS to PostgreSQL: host, what was asked for -> how much of the certificate is checked, by whom.

Drivers differ in what they do unasked, and pgjdbc knows no `system`. So each of them is told the
same: a mode, and a file of authorities.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from lake.errors import EnvironmentFault

MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
VERIFY_FULL = "verify-full"
SYSTEM = "system"
# Where systems keep all their authorities in one file, beside the place that Python knows.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


@dataclass(frozen=True)
class Tls:
    """libpq's `sslmode`, None for the driver's own, and the file of `sslrootcert`, if any.

    `stays_here` is whether all hosts are this machine.
    """

    mode: str | None
    authorities: str | None
    stays_here: bool

    @property
    def warning(self) -> str | None:
        """What is not checked of a server elsewhere, None where nothing is left out."""
        if self.stays_here or self.mode == VERIFY_FULL:
            return None
        return f"sslmode={self.mode} does not check in full which server answers"


def tls_for(hosts: Iterable[str], mode: str | None, authorities: str | None) -> Tls:
    """Return what a driver is told, where a user asked for `mode` and `authorities` or did not.

    A host that is not this machine is verified in full unless a mode was asked for; the authorities
    are then those of libpq, ~/.postgresql/root.crt, else the system's. `authorities="system"`
    verifies in full, too, as it does in libpq. Raises EnvironmentFault where the system has none.
    """
    stays_here = all(is_local(host) for host in hosts)
    if authorities == SYSTEM or (mode is None and not stays_here):
        mode = VERIFY_FULL
    if mode != VERIFY_FULL or authorities not in {None, SYSTEM}:
        return Tls(mode, authorities, stays_here)
    own = Path.home() / ".postgresql" / "root.crt"
    chosen = own if authorities is None and own.is_file() else system_authorities()
    return Tls(mode, str(chosen), stays_here)


def is_local(host: str) -> bool:
    """Whether a host is a Unix socket or a loopback address: nothing leaves this machine."""
    if not host or host.startswith(("/", "@")) or host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def system_authorities() -> Path:
    """Return the file of the authorities that this system knows; SSL_CERT_FILE may name it.

    Raises EnvironmentFault where there is none.
    """
    import ssl

    known = ssl.get_default_verify_paths()
    for place in (known.cafile, *BUNDLES):
        if place and Path(place).is_file():
            return Path(place)
    raise EnvironmentFault(
        f"this system has no file of certificate authorities ({known.openssl_cafile},"
        f" {', '.join(BUNDLES)})",
        "install ca-certificates, or name the server's authority: sslrootcert=<file>",
    )
