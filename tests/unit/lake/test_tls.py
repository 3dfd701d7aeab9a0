"""How much of a PostgreSQL server's certificate is checked, and what is said when it fails."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from lake.catalogs.choice import backend_of
from lake.catalogs.postgres import PostgresCatalog
from lake.catalogs.postgres_tls import with_tls
from lake.errors import EnvironmentFault
from lake.processes import LOOPBACK
from lake.tls import Tls, is_local, system_authorities, tls_for
from lake.tls_faults import SSL_REQUEST, examine_server
from tests.certificates import DAY, Authority

LAKE = "spark.sql.catalog.lake."


@pytest.fixture
def authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Return the file that the system has its authorities in; the user has none."""
    file = tmp_path / "system.pem"
    file.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("HOME", str(tmp_path))
    return str(file)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("", True),
        ("/run/postgresql", True), ("@abstract", True), ("localhost.example", False),
        ("10.0.0.1", False), ("192.168.0.1", False), ("db.example", False),
    ],
)  # fmt: skip
def test_what_does_not_leave_this_machine_is_local(host: str, local: bool) -> None:
    assert is_local(host) is local


def test_unasked_hosts_elsewhere_are_verified_by_the_user_or_the_system(
    authorities: str, tmp_path: Path
) -> None:
    assert tls_for(["db.example"], None, None) == Tls("verify-full", authorities, False)
    assert tls_for(["localhost"], None, None) == Tls(None, None, True)
    assert tls_for(["localhost"], "verify-full", None) == Tls("verify-full", authorities, True)
    assert tls_for(["db.example"], "verify-ca", None) == Tls("verify-ca", None, False)
    assert tls_for(["db.example"], "require", None) == Tls("require", None, False)
    assert tls_for(["db.example"], "require", "system").mode == "verify-full"
    own = tmp_path / ".postgresql" / "root.crt"
    own.parent.mkdir()
    own.touch()
    assert tls_for(["db.example"], None, None).authorities == str(own)
    assert tls_for(["db.example"], None, "system").authorities == authorities
    assert tls_for(["db.example"], None, "ca.pem").authorities == "ca.pem"


def test_a_system_without_authorities_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    monkeypatch.setattr("lake.tls.BUNDLES", ())
    with pytest.raises(EnvironmentFault, match="no file of certificate authorities") as fault:
        system_authorities()
    assert "install ca-certificates" in fault.value.fix


@pytest.mark.parametrize(
    ("uri", "more", "environment", "expected"),
    [
        ("//db.example/lake", {}, {}, ("//db.example/lake", "verify-full", "SYSTEM")),
        ("//localhost:5/lake", {}, {}, ("//localhost:5/lake", None, None)),
        (
            "//db.example/lake?user=ada&sslmode=require",
            {},
            {"PGSSLMODE": "disable"},
            ("//db.example/lake?user=ada", "require", None),
        ),
        (
            "//db.example/lake",
            {f"{LAKE}jdbc.sslmode": "verify-ca", f"{LAKE}jdbc.sslrootcert": "ca.pem"},
            {},
            ("//db.example/lake", "verify-ca", "ca.pem"),
        ),
        (
            "//localhost/lake?sslrootcert=system",
            {},
            {},
            ("//localhost/lake", "verify-full", "SYSTEM"),
        ),
        ("//db.example/lake", {}, {"PGSSLMODE": "prefer"}, ("//db.example/lake", "prefer", None)),
    ],
)
def test_spark_and_python_are_told_the_same_of_the_catalog(
    uri: str,
    more: Mapping[str, str],
    environment: Mapping[str, str],
    expected: tuple[str, str | None, str | None],
    authorities: str,
) -> None:
    told = with_tls({f"{LAKE}uri": f"jdbc:postgresql:{uri}", **more}, environment)
    place, mode, root = expected
    root = authorities if root == "SYSTEM" else root
    assert told[f"{LAKE}uri"] == f"jdbc:postgresql:{place}"
    assert (told.get(f"{LAKE}jdbc.sslmode"), told.get(f"{LAKE}jdbc.sslrootcert")) == (mode, root)
    assert with_tls(told, {}) == told
    backend = backend_of({k.removeprefix(LAKE): v for k, v in told.items()}, "")
    assert isinstance(backend, PostgresCatalog)
    libpq = backend.address.libpq()
    assert (libpq.get("sslmode"), libpq.get("sslrootcert")) == (mode, root)


@pytest.mark.parametrize("uri", ["jdbc:sqlite:/lake.db", "https://catalog.example"])
def test_other_catalogs_stay_as_they_are(uri: str) -> None:
    assert with_tls({f"{LAKE}uri": uri}, {"PGSSLMODE": "require"}) == {f"{LAKE}uri": uri}


@contextmanager
def _serving(store: Path | None) -> Iterator[int]:
    """Answer as PostgreSQL does what asks for TLS, with a certificate or without; give the port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if store:
        context.load_cert_chain(store)

    class Server(ThreadingTCPServer):
        def get_request(self) -> tuple[socket.socket, object]:
            found, address = super().get_request()
            assert found.recv(len(SSL_REQUEST)) == SSL_REQUEST
            found.sendall(b"S" if store else b"N")
            return (context.wrap_socket(found, server_side=True) if store else found), address

    with Server((LOOPBACK, 0), BaseRequestHandler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_server_is_asked_which_check_it_fails(tmp_path: Path) -> None:
    """What libpq says of an unknown authority and of an expired certificate is the same."""
    authority, stranger = Authority(tmp_path, "authority"), Authority(tmp_path, "stranger")

    def said(store: Path | None, host: str, known: Authority | None, mode: str) -> str:
        with _serving(store) as port:
            tls = Tls(mode, str(known.file) if known else None, stays_here=False)
            fault = examine_server(host, port, tls, "the catalog", "profiles.yml")
        return str(fault) if fault else "nothing"

    good = authority.key_store("good")
    old = authority.key_store("old", until=datetime.now(UTC) - DAY)
    early = authority.key_store("early", until=datetime.now(UTC) + 40 * DAY)
    assert said(good, LOOPBACK, authority, "verify-full") == "nothing"
    assert "signed by an unknown authority" in said(good, LOOPBACK, stranger, "verify-ca")
    assert "names another host" in said(good, "localhost", authority, "verify-full")
    assert said(good, "localhost", authority, "verify-ca") == "nothing"
    assert "has expired" in said(old, LOOPBACK, authority, "verify-full")
    assert "not valid yet" in said(early, LOOPBACK, authority, "verify-full")
    assert "the server has no TLS" in said(None, LOOPBACK, authority, "verify-full")
    assert "the server has no TLS" in said(None, LOOPBACK, None, "require")
    assert said(good, "localhost", None, "require") == "nothing"


def test_a_mode_that_does_without_tls_has_no_fault_of_it() -> None:
    """Not even a connection is tried: a server refuses logins for other reasons, too."""
    tls = Tls("prefer", None, stays_here=False)
    assert examine_server("nowhere.invalid", 1, tls, "the catalog", "profiles.yml") is None
