"""Connection URLs of PostgreSQL: what they mean to libpq, and never a word of their secrets."""

import ssl
import traceback
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from ingestion.connectors.postgres.connection import refusal
from ingestion.connectors.postgres.url import Address, parse_url
from lake.errors import ConfigurationError

WORDS = ("canary", "Hunter", "trois", "größe")
SPECIAL = ("@", "/", "#", "?", "%", "%20", ":", "&", "=", "[", "]", " ", "\\", "'", '"', "//")
PASSWORDS = st.lists(st.sampled_from((*WORDS, *SPECIAL)), min_size=1, max_size=7).map("".join)
PLACES = st.sampled_from(
    ("127.0.0.1:5432/db", "db.example.com/db", "h", "a:1,b:2/db", "[::1]:5/db", "%2Ftmp/db", "/db")
)
QUERIES = st.sampled_from(
    (
        "",
        "?sslmode=require&channel_binding=require",
        "?schema=public&pgbouncer=true",
        "?password={0}",
        "?password={0}&schema=public",
        "?sslpassword={0}&sslmode={1}",
        "?sslmode={1}",
        "?connect_timeout={1}",
        "?sslrootcert={1}&sslmode=verify-full",
        "?port={1}",
    )
)
FAILURES = (
    asyncpg.InvalidPasswordError('password authentication failed for user "me"'),
    asyncpg.InvalidCatalogNameError('database "db" does not exist'),
    ConnectionError('PostgreSQL server at "127.0.0.1:5432" rejected SSL upgrade'),
    ConnectionRefusedError(111, "Connection refused"),
    TimeoutError(),
    ssl.SSLError(1, "wrong version number"),
    asyncpg.ClientConfigurationError('root certificate file "/x" does not exist'),
)


def _parse(text: str) -> Address:
    return parse_url("SOURCE_URL", SecretStr(text), {})


def _fault(text: str) -> str:
    with pytest.raises(ConfigurationError) as fault:
        _parse(text)
    return str(fault.value)


@given(password=PASSWORDS, place=PLACES, query=QUERIES)
def test_no_word_of_a_password_is_in_any_message(password: str, place: str, query: str) -> None:
    """Fault leaked-secrets: not percent-encoded, a password is taken apart at any of its signs.

    In the place of another value it is encoded, as `&` would make a parameter's name of it.
    """
    parameters = query.format(password, quote(password, safe=""))
    text = f"postgresql://me:{password}@{place}{parameters}"
    try:
        address = _parse(text)
    except ConfigurationError as fault:
        shown = ["".join(traceback.format_exception(fault))]
    else:
        told = [refusal(failure, address.shown, "SOURCE_URL") for failure in FAILURES]
        unforeseen = refusal(ValueError(text), address.shown, "SOURCE_URL")
        shown = [address.shown, repr(address), *map(str, (*told, unforeseen))]
    for said in shown:
        assert not [word for word in WORDS if word in said]


@given(password=st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1))
def test_a_percent_encoded_password_is_itself(password: str) -> None:
    address = _parse(f"postgresql://me:{quote(password, safe='')}@127.0.0.1:6000/db")
    assert address.arguments["password"] == password
    assert address.shown == "PostgreSQL at 127.0.0.1:6000/db as me (SOURCE_URL)"


@pytest.mark.parametrize("password", ["p@ss", "p/ss", "p#ss", "p?ss", "p%ss", "p@s/s", "5/s"])
def test_what_has_to_be_percent_encoded_is_said(password: str) -> None:
    said = _fault(f"postgresql://me:{password}@127.0.0.1/db")
    assert "SOURCE_URL" in said
    assert "percent-encode it" in said


def test_parameters_that_providers_print_are_obeyed_or_passed_over() -> None:
    address = _parse(
        "postgres://me:pw@db.example.com/db"  # pragma: allowlist secret
        "?sslmode=require&channel_binding=require"
        "&connect_timeout=3&keepalives=1&keepalives_idle=30&target_session_attrs=read-write"
        "&application_name=loader&options=endpoint%3Dx&gssencmode=disable&client_encoding=latin1"
    )
    assert address.arguments == {
        "user": "me",
        "password": "pw",  # pragma: allowlist secret
        "host": ["db.example.com"],
        "port": 5432,
        "database": "db",
        "timeout": 3.0,
        "ssl": "require",
        "target_session_attrs": "read-write",
        "server_settings": {"application_name": "loader", "options": "endpoint=x"},
    }


def test_parameters_of_others_are_named() -> None:
    said = _fault("postgresql://me:pw@127.0.0.1/db?schema=public&pgbouncer=true&sslmode=require")
    assert "does not know: schema, pgbouncer\n" in said
    assert "take them out" in said


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sslmode=on", "one of disable, allow, prefer, require, verify-ca, verify-full"),
        ("connect_timeout=soon", "no whole number of seconds"),
        ("sslrootcert=/nowhere/ca.pem", "its sslrootcert names no file"),
        ("sslmode", "cannot be split"),
    ],
)
def test_values_that_cannot_be_are_named(query: str, said: str) -> None:
    assert said in _fault(f"postgresql://me@127.0.0.1/db?{query}")


@pytest.mark.parametrize("url", ["mysql://me@h/db", "jdbc:postgresql://h/db", "h/db", ""])
def test_what_is_no_url_of_postgresql_is_told_the_form(url: str) -> None:
    said = _fault(url)
    assert "begins with postgresql://" in said
    assert "SOURCE_URL=postgresql://user:password@host:5432/database" in said


@pytest.mark.parametrize(
    "url", ["postgresql://me@%2Frun%2Fpg/db", "postgresql://me@/db?host=/run/pg"]
)
def test_a_socket_is_a_host_that_begins_with_a_slash(url: str) -> None:
    address = _parse(url)
    assert address.arguments["host"] == ["/run/pg"]
    assert address.shown == "PostgreSQL at /run/pg:5432/db as me (SOURCE_URL)"


def test_several_hosts_each_have_a_port() -> None:
    address = _parse("postgresql://me:pw@a,b:6000,[::1]:7000/db")
    assert address.arguments["host"] == ["a", "b", "::1"]
    assert address.arguments["port"] == [5432, 6000, 7000]


@pytest.mark.parametrize(
    ("host", "query", "mode"),
    [
        ("h", "", "verify-full"),
        ("h", "?sslmode=prefer", "prefer"),
        ("h", "?sslmode=require&sslrootcert=system", "verify-full"),
        ("127.0.0.1", "", None),
        ("localhost,h", "", "verify-full"),
        ("%2Frun%2Fpg", "", None),
        ("", "", None),
    ],
)
def test_a_host_elsewhere_is_verified_unless_the_url_says_otherwise(
    host: str, query: str, mode: str | None, authorities: Path
) -> None:
    address = _parse(f"postgresql://me@{host}/db{query}")
    assert address.arguments["ssl"] == mode
    root = quote(str(authorities), safe="")
    assert (address.arguments.get("dsn") == f"postgresql:///?sslrootcert={root}") == (
        mode == "verify-full"
    )


def test_the_service_file_and_the_environment_say_so_too(tmp_path: Path, authorities: Path) -> None:
    services = tmp_path / "services.conf"
    services.write_text("[crm]\nhost=h\nsslmode=require\n[app]\nhost=h\n")
    variables = {"PGSERVICEFILE": str(services), "PGSSLMODE": "allow"}

    def mode(url: str, **environment: str) -> str | None:
        address = parse_url("SOURCE_URL", SecretStr(url), environment)
        return address.tls.mode

    assert mode("postgresql:///?service=crm", **variables) == "require"
    assert mode("postgresql:///?service=app", **variables) == "allow"
    assert mode("postgresql:///?service=app", PGSERVICEFILE=str(services)) == "verify-full"
    assert mode("postgresql:///?service=gone", PGSERVICEFILE=str(services)) is None
    assert mode("postgresql:///db", PGHOST="h") == "verify-full"
    assert mode("postgresql:///db", PGHOST="h", PGSSLMODE="require") == "require"


def test_certificates_of_a_client_are_given_beside_the_systems(authorities: Path) -> None:
    own = f"sslcert={authorities}&sslkey={authorities}"
    address = _parse(f"postgresql://me@h/db?sslrootcert=system&{own}")
    assert address.arguments["ssl"] == "verify-full"
    for name in ("sslrootcert", "sslcert", "sslkey"):
        assert f"{name}={quote(str(authorities), safe='')}" in address.arguments["dsn"]


@pytest.fixture
def authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the file that the system has its authorities in; the user has none."""
    file = tmp_path / "system.pem"
    file.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("HOME", str(tmp_path))
    return file
