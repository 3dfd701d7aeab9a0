"""TLS to PostgreSQL: what the URL asks for happens, or the message says what is missing.

The embedded PostgreSQL is built without TLS, so pgbouncer speaks it before one.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lake.errors import ConfigurationError, EnvironmentFault, FirnError
from lake.processes import LOOPBACK
from operations.monitoring.doctor import examine
from tests.certificates import DAY, Authority
from tests.integration.ingestion.home import ROOT, TOKEN_KEY
from tests.integration.ingestion.lakehouse import Lakehouse
from tests.integration.ingestion.pgbouncer import PgBouncer

pytestmark = pytest.mark.postgres
ELSEWHERE = "db.example"
NAMES = ("localhost", ELSEWHERE)
UNKNOWN = "the server's certificate is signed by an unknown authority"


@dataclass(frozen=True)
class Certified:
    """A lake, a server with TLS whose certificate names NAMES, and the authority behind it."""

    lakehouse: Lakehouse
    server_url: str
    authority: Authority

    def url(self, host: str, **parameters: str) -> str:
        """Return a URL with these parameters."""
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return self.server_url.replace(LOOPBACK, host) + f"?{query}"


@pytest.fixture
def user_without_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the user have an empty folder, without ~/.postgresql/root.crt; return the file."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PGSSLMODE", "PGSSLROOTCERT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / ".postgresql" / "root.crt"


@pytest.fixture
def certified(
    with_items: Lakehouse, pgbouncer: PgBouncer, tmp_path: Path, user_without_root: Path
) -> Iterator[Certified]:
    """Return a server that takes no connection without TLS, with one row in `items`."""
    authority = Authority(tmp_path, "authority")
    with_items.execute("insert into items values (1, 'a')")
    store = authority.key_store("server", hosts=NAMES)
    with pgbouncer.tls_pooler(with_items.reader_url, store) as url:
        yield Certified(with_items, url, authority)


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ELSEWHERE, which is no loopback address to whoever asks for it, be this machine."""
    ask = socket.getaddrinfo

    def answer(host: Any, *others: Any, **more: Any) -> Any:  # noqa: ANN401 - as socket has it
        return ask(LOOPBACK if host == ELSEWHERE else host, *others, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


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
    assert "the server has no TLS, which is asked for" in fault.message
    assert "ssl = on" in fault.fix
    assert "or in SOURCE_URL go knowingly without: sslmode=disable" in fault.fix


@pytest.mark.parametrize(
    ("host", "mode"),
    [(LOOPBACK, "require"), (LOOPBACK, "verify-ca"), ("localhost", "verify-full")],
)
def test_a_load_over_tls_lands(certified: Certified, host: str, mode: str) -> None:
    url = certified.url(host, sslmode=mode, sslrootcert=str(certified.authority.file))
    assert _reads(certified.lakehouse, url).ingest().rows_landed == 1


def test_a_certificate_of_another_host_is_refused(certified: Certified) -> None:
    """verify-full looks at the name."""
    root = str(certified.authority.file)
    url = certified.url(LOOPBACK, sslmode="verify-full", sslrootcert=root)
    fault = _fault(certified.lakehouse, url, EnvironmentFault)
    assert "the server's certificate names another host: " in fault.message
    assert LOOPBACK in fault.message
    assert "in SOURCE_URL: use the host that the certificate names" in fault.fix
    assert "sslmode=require encrypts, but whoever is in between can pass for" in fault.fix


def test_a_certificate_of_a_stranger_is_refused(certified: Certified, tmp_path: Path) -> None:
    for root in ("system", str(Authority(tmp_path, "stranger").file)):
        url = certified.url("localhost", sslmode="verify-full", sslrootcert=root)
        fault = _fault(certified.lakehouse, url, EnvironmentFault)
        assert f"{UNKNOWN}: unable to get local issuer certificate" in fault.message
        assert "sslrootcert=<file of its authority>" in fault.fix


def test_an_expired_certificate_is_refused(
    with_items: Lakehouse, pgbouncer: PgBouncer, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "authority")
    store = authority.key_store("old", hosts=NAMES, until=datetime.now(UTC) - DAY)
    with pgbouncer.tls_pooler(with_items.reader_url, store) as server:
        url = f"{server}?sslmode=verify-ca&sslrootcert={authority.file}"
        fault = _fault(with_items, url, EnvironmentFault)
    assert "the server's certificate has expired: certificate has expired" in fault.message
    assert "renew it at the server" in fault.fix


def test_authorities_of_the_system_are_as_good_as_a_file(
    certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE says where the system has them."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certified.authority.file))
    url = certified.url("localhost", sslrootcert="system")
    assert _reads(certified.lakehouse, url).ingest().rows_landed == 1
    fault = _fault(certified.lakehouse, certified.url(LOOPBACK, sslrootcert="system"), FirnError)
    assert "names another host" in fault.message


def test_a_server_elsewhere_is_verified_unasked(
    certified: Certified, resolved: None, user_without_root: Path
) -> None:
    """Without a word of TLS in the URL: by the system's authorities, or by those of the user."""
    fault = _fault(certified.lakehouse, certified.url(ELSEWHERE), EnvironmentFault)
    assert UNKNOWN in fault.message
    user_without_root.parent.mkdir()
    user_without_root.write_bytes(certified.authority.file.read_bytes())
    assert _reads(certified.lakehouse, certified.url(ELSEWHERE)).ingest().rows_landed == 1


def test_a_server_elsewhere_without_tls_is_refused_unasked(
    with_items: Lakehouse, resolved: None, user_without_root: Path
) -> None:
    url = with_items.reader_url.replace(LOOPBACK, ELSEWHERE)
    fault = _fault(with_items, url, EnvironmentFault)
    assert "the server has no TLS, which is asked for" in fault.message
    assert _reads(with_items, f"{url}?sslmode=disable").ingest().rows_landed == 0


def test_less_is_checked_where_the_url_or_the_environment_says_so(
    certified: Certified, resolved: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = certified.url(ELSEWHERE, sslmode="require")
    assert _reads(certified.lakehouse, url).ingest().rows_landed == 1
    monkeypatch.setenv("PGSSLMODE", "require")
    assert _reads(certified.lakehouse, certified.url(ELSEWHERE)).ingest().rows_read == 0
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert UNKNOWN in _fault(certified.lakehouse, certified.url(ELSEWHERE), FirnError).message


def test_the_doctor_says_what_is_wrong_and_what_is_not_checked(
    certified: Certified, resolved: None
) -> None:
    (certified.lakehouse.folder / "requirements").symlink_to(ROOT / "requirements")

    def found(**parameters: str) -> tuple[bool, str]:
        lakehouse = _reads(certified.lakehouse, certified.url(ELSEWHERE, **parameters))
        [said] = [one for one in examine(lakehouse.settings) if one.check == "Source app"]
        return said.is_good, said.detail

    is_good, detail = found()
    assert not is_good
    assert UNKNOWN in detail
    assert found(sslrootcert=str(certified.authority.file)) == (True, "1 tables as declared")
    warning = "sslmode=require does not check in full which server answers"
    assert found(sslmode="require") == (True, f"1 tables as declared; {warning}")


def test_a_missing_authority_is_named(certified: Certified) -> None:
    """verify-ca without sslrootcert, on a machine that has none in the user's folder."""
    url = certified.url("localhost", sslmode="verify-ca")
    fault = _fault(certified.lakehouse, url, ConfigurationError)
    assert "no certificate to check" in fault.message
    assert "sslrootcert=system" in fault.fix


def test_a_server_that_asks_for_tls_says_so(certified: Certified) -> None:
    url = certified.url(LOOPBACK, sslmode="disable")
    assert "SSL required" in _fault(certified.lakehouse, url, EnvironmentFault).message
