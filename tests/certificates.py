"""Certificates that are made for a test: an authority, and what it signs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption

from lake.processes import LOOPBACK

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """An authority of its own; all files go to a folder."""

    folder: Path
    name: str

    @cached_property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """Its key."""
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def certificate(self) -> x509.Certificate:
        """Its certificate, signed by itself."""
        builder = _builder(self.name, self.name, datetime.now(UTC) + DAY).public_key(
            self.key.public_key()
        )
        basic = x509.BasicConstraints(ca=True, path_length=None)
        return builder.add_extension(basic, critical=True).sign(self.key, hashes.SHA256())

    @property
    def file(self) -> Path:
        """The file that clients know it by."""
        path = self.folder / f"{self.name}.pem"
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def key_store(
        self,
        name: str,
        *,
        until: datetime | None = None,
        word: str = "",
        hosts: Sequence[str] = (LOOPBACK,),
    ) -> Path:
        """Return a file with a key and its certificate for some hosts, signed by this.

        The key is encrypted with `word`, if there is one.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, self.name, until or datetime.now(UTC) + DAY)
        certificate = (
            builder.public_key(key.public_key())
            .add_extension(x509.SubjectAlternativeName(map(_host, hosts)), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        encryption = BestAvailableEncryption(word.encode()) if word else NoEncryption()
        path = self.folder / f"{name}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return path


def _builder(name: str, issuer: str, until: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - 30 * DAY)
        .not_valid_after(until)
    )


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
