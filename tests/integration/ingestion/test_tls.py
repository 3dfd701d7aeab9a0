"""TLS to PostgreSQL: what the URL asks for happens, or the message says what is missing.

The embedded PostgreSQL is built without TLS, so pgbouncer speaks it before one.
"""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lake.errors import ConfigurationError, EnvironmentFault, FirnError
from tests.integration.ingestion.home import TOKEN_KEY
from tests.integration.ingestion.lakehouse import Lakehouse
from tests.integration.ingestion.pgbouncer import PgBouncer

pytestmark = pytest.mark.postgres


@dataclass(frozen=True)
class Certified:
    """A lake, a server with TLS whose certificate names localhost, and that certificate."""

    lakehouse: Lakehouse
    server_url: str
    certificate: Path

    def url(self, host: str, **parameters: str) -> str:
        """Return a URL with these parameters."""
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return self.server_url.replace("127.0.0.1", host) + f"?{query}"


@pytest.fixture
def certified(with_items: Lakehouse, pgbouncer: PgBouncer, tmp_path: Path) -> Iterator[Certified]:
    """Return a server that takes no connection without TLS, with one row in `items`."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl to make a certificate with")
    key, certificate = tmp_path / "server.key", tmp_path / "server.crt"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*make, *names, *files], check=True, capture_output=True)
    with_items.execute("insert into items values (1, 'a')")
    settings = {
        "client_tls_sslmode": "require",
        "client_tls_key_file": _given(pgbouncer, key),
        "client_tls_cert_file": _given(pgbouncer, certificate),
    }
    with pgbouncer.pooler(with_items.reader_url, **settings) as url:
        yield Certified(with_items, url, certificate)


def _given(pgbouncer: PgBouncer, file: Path) -> Path:
    """Copy a file to where the server may read it."""
    copy = pgbouncer.folder / file.name
    shutil.copy(file, copy)
    if not pgbouncer.account.is_caller:
        shutil.chown(copy, pgbouncer.account.uid, pgbouncer.account.gid)
    return copy


def _reads(lakehouse: Lakehouse, url: str) -> Lakehouse:
    lakehouse.set_secrets(SOURCE_URL=url, FIRN_TOKEN_KEY=TOKEN_KEY)
    return lakehouse


def _fault(lakehouse: Lakehouse, url: str, kind: type[FirnError]) -> FirnError:
    with pytest.raises(kind) as fault:
        _reads(lakehouse, url).ingest()
    return fault.value


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_a_server_without_tls_is_said_to_have_none(with_items: Lakehouse, mode: str) -> None:
    root = "" if mode == "require" else "&sslrootcert=system"
    fault = _fault(with_items, f"{with_items.reader_url}?sslmode={mode}{root}", EnvironmentFault)
    assert "has no TLS, which the URL asks for" in fault.message
    assert "ssl = on" in fault.fix
    assert "SOURCE_URL" in fault.fix


@pytest.mark.parametrize(
    ("host", "mode"),
    [("127.0.0.1", "require"), ("127.0.0.1", "verify-ca"), ("localhost", "verify-full")],
)
def test_a_load_over_tls_lands(certified: Certified, host: str, mode: str) -> None:
    url = certified.url(host, sslmode=mode, sslrootcert=str(certified.certificate))
    assert _reads(certified.lakehouse, url).ingest().rows_landed == 1


def test_a_certificate_of_another_host_is_refused(certified: Certified) -> None:
    """verify-full looks at the name."""
    root = str(certified.certificate)
    url = certified.url("127.0.0.1", sslmode="verify-full", sslrootcert=root)
    fault = _fault(certified.lakehouse, url, EnvironmentFault)
    assert "a certificate that is not accepted" in fault.message
    assert "127.0.0.1" in fault.message
    assert "the host as the certificate names it" in fault.fix


def test_a_certificate_of_a_stranger_is_refused(certified: Certified) -> None:
    url = certified.url("localhost", sslmode="verify-full", sslrootcert="system")
    fault = _fault(certified.lakehouse, url, EnvironmentFault)
    assert "self-signed certificate" in fault.message
    assert "sslrootcert=" in fault.fix


def test_a_missing_authority_is_named(
    certified: Certified, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """verify-full without sslrootcert, on a machine that has none in the user's folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    url = certified.url("localhost", sslmode="verify-full")
    fault = _fault(certified.lakehouse, url, ConfigurationError)
    assert "no certificate to check" in fault.message
    assert "sslrootcert=system" in fault.fix


def test_a_server_that_asks_for_tls_says_so(certified: Certified) -> None:
    fault = _fault(
        certified.lakehouse, certified.url("127.0.0.1", sslmode="disable"), EnvironmentFault
    )
    assert "SSL required" in fault.message
