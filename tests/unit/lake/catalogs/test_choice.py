"""Which catalog Spark's settings name, and where Python connects then."""

import pytest

from lake.catalogs.base import CatalogBackend
from lake.catalogs.choice import backend_of
from lake.catalogs.postgres import Address, PostgresCatalog
from lake.errors import ConfigurationError, EnvironmentFault
from sandbox.postgres import EmbeddedPostgres
from tests.catalog_databases import new_database

# pragma: allowlist nextline secret
SECRET = "p@ss:w/or d%41?&"


def _postgres(uri: str, **settings: str) -> Address:
    backend = backend_of({"uri": uri, **settings}, "profiles.yml")
    assert isinstance(backend, PostgresCatalog)
    return backend.address


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("jdbc:postgresql://db.example/lake", ("db.example", 5432, "lake")),
        ("jdbc:postgresql://db.example:6000/the%20lake", ("db.example", 6000, "the lake")),
        ("jdbc:postgresql://[::1]:6000/lake", ("::1", 6000, "lake")),
        ("jdbc:postgresql://[::1]/lake", ("::1", 5432, "lake")),
        ("jdbc:postgresql:///lake", ("localhost", 5432, "lake")),
        ("jdbc:postgresql://db.example/?user=ada", ("db.example", 5432, "ada")),
    ],
)
def test_a_url_names_server_port_and_database(uri: str, expected: tuple[str, int, str]) -> None:
    address = _postgres(uri)
    assert (address.host, address.port, address.database) == expected


def test_settings_of_the_url_go_before_those_of_the_catalog() -> None:
    address = _postgres(
        "jdbc:postgresql://db/lake?user=url&sslmode=require&tcpKeepAlive=true",
        **{"jdbc.user": "setting", "jdbc.password": SECRET, "jdbc.schema-version": "V1"},
    )
    assert address.libpq() == {
        "host": "db",
        "port": 5432,
        "dbname": "lake",
        "user": "url",
        "password": SECRET,
        "sslmode": "require",
        "connect_timeout": "10",
    }


def test_sqlalchemy_is_given_the_same_and_no_message_the_password() -> None:
    from sqlalchemy import make_url

    address = _postgres(
        "jdbc:postgresql://db:1/lake?sslmode=require",
        **{"jdbc.user": "us er", "jdbc.password": SECRET},
    )
    url = make_url(address.url().render_as_string(hide_password=False))
    assert (url.drivername, url.host, url.port) == ("postgresql+psycopg", "db", 1)
    assert (url.username, url.password, url.database) == ("us er", SECRET, "lake")
    assert dict(url.query) == {"connect_timeout": "10", "sslmode": "require"}
    assert address.label == "postgresql://db:1/lake"
    assert SECRET not in repr(address)


def test_a_rest_catalog_is_named_without_who_logs_in() -> None:
    uri = "https://ada:secret@host/catalog?token=secret"  # pragma: allowlist secret
    assert backend_of({"uri": uri, "type": "rest"}, "").label == "https://host/catalog"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"uri": "jdbc:oracle:thin:a/secret@db"}, "uri is 'jdbc:oracle:', only jdbc:sqlite:"),
        # pragma: allowlist nextline secret
        ({"uri": "http://user:secret@db/"}, "uri is 'http://user:', only jdbc:sqlite:"),
        ({"uri": "http://a", "type": "hive"}, "type is 'hive', only jdbc:sqlite:"),
        ({"uri": "ftp://a", "type": "rest"}, "uri is 'ftp://a:', only jdbc:sqlite:"),
        ({"uri": "jdbc:postgresql:lake"}, "not of the form jdbc:postgresql://<host>"),
        # pragma: allowlist nextline secret
        ({"uri": "jdbc:postgresql://u:secret@db/lake"}, "not of the form jdbc:postgresql://<host>"),
        ({"uri": "jdbc:postgresql://a:1,b:2/lake"}, "not of the form jdbc:postgresql://<host>"),
        ({"uri": "jdbc:postgresql://db:five/lake"}, "has the port 'five'"),
        ({"uri": "jdbc:postgresql://db/lake?currentSchema=x"}, "given currentSchema, which only"),
        (
            {"uri": "jdbc:postgresql://db/lake", "jdbc.sslfactory": "secret"},
            "the catalog db:5432/lake is given sslfactory",
        ),
    ],
)
def test_what_python_cannot_obey_is_refused_by_name(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as raised:
        backend_of(settings, "profiles.yml")
    assert "secret" not in str(raised.value)


def test_a_server_that_is_not_there_is_named() -> None:
    settings = {"uri": "jdbc:postgresql://127.0.0.1:1/lake", "jdbc.password": SECRET}
    _assert_unusable(backend_of(settings, ""), r"postgresql://127\.0\.0\.1:1/lake")


@pytest.mark.postgres
def test_a_wrong_password_is_named_by_server_and_database(postgres: EmbeddedPostgres) -> None:
    settings = {**new_database(postgres), "jdbc.password": SECRET}
    _assert_unusable(backend_of(settings, ""), r"postgresql://127\.0\.0\.1:\d+/catalog \d+")


def _assert_unusable(backend: CatalogBackend, label: str) -> None:
    for action in (backend.pointers, lambda: backend.open({"warehouse": "file:///nowhere"})):
        with pytest.raises(EnvironmentFault, match=f"the catalog {label} cannot be") as raised:
            action()
        assert SECRET not in str(raised.value)
