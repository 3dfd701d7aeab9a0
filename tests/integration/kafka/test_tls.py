"""A broker that speaks TLS: what is wrong with a certificate is said soon, and no password is."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from lake.errors import ConfigurationError
from lake.processes import LOOPBACK
from lake.settings import Settings
from sandbox.kafka.broker import EmbeddedKafka
from tests.certificates import DAY, Authority
from tests.integration.kafka.test_logins import LOGIN, WORD
from tests.integration.kafka.topics import Topics, events

pytestmark = pytest.mark.kafka
SECONDS_TO_SAY = 20
KEY_WORD = "Key-w0rd;2"  # pragma: allowlist secret
PLAIN = "listener.name.clients.plain.sasl.jaas.config"
SASL = {
    "sasl.enabled.mechanisms": "PLAIN",
    "sasl.mechanism.inter.broker.protocol": "PLAIN",
    PLAIN: f'{LOGIN} username="firn" password="{WORD}" user_firn="{WORD}";',
}


def _listener(authority: Authority, store: Path, protocol: str = "SSL") -> dict[str, str]:
    """Return the properties of a broker with a certificate; it does not check its own name."""
    return {
        "listener.security.protocol.map": f"CLIENTS:{protocol},CONTROLLER:PLAINTEXT",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(store),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.file),
        "ssl.endpoint.identification.algorithm": "",
    }


def _variables(servers: str, authority: Authority, **more: str) -> dict[str, str]:
    known = {"SECURITY_PROTOCOL": "SSL", "SSL_CA_LOCATION": str(authority.file), **more}
    return {"CLICKS_KAFKA": servers, **{f"CLICKS_KAFKA__{k}": v for k, v in known.items()}}


def _client(variables: dict[str, str]) -> dict[str, str]:
    prefix = "CLICKS_KAFKA__"
    return {
        name.removeprefix(prefix).lower().replace("_", "."): value
        for name, value in variables.items()
        if name.startswith(prefix)
    }


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return an authority that the clients know."""
    return Authority(tmp_path, "authority")


class Brokers:
    """Brokers of one test, and a project that reads from them."""

    def __init__(self, folder: Path) -> None:
        """Start none yet."""
        self._folder = folder
        self.started: list[EmbeddedKafka] = []

    def start(self, properties: dict[str, str]) -> str:
        """Start a broker and return its address."""
        broker = EmbeddedKafka(self._folder / f"b{len(self.started)}", Settings.load(), properties)
        self.started.append(broker)
        broker.start()
        return broker.servers

    def topics(self, variables: dict[str, str]) -> Topics:
        """Return a topic of the broker that variables name."""
        folder = self._folder / "project"
        folder.mkdir()
        made = Topics(folder, variables["CLICKS_KAFKA"], "events", _client(variables))
        made.set_up()
        made.set_secrets(**variables)
        made.declare()
        return made


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[Brokers]:
    """Return brokers that end with the test."""
    made = Brokers(tmp_path)
    yield made
    for broker in made.started:
        broker.destroy()


def test_tls_with_a_login_and_a_client_certificate(brokers: Brokers, authority: Authority) -> None:
    """SASL_SSL with mutual TLS: each secret that is wrong is named by its variable alone."""
    store = authority.key_store("broker")
    servers = brokers.start(
        {
            **_listener(authority, store, "SASL_SSL"),
            **SASL,
            "listener.name.clients.ssl.client.auth": "required",
        }
    )
    certificate = str(authority.key_store("client", word=KEY_WORD))
    right = _variables(
        servers, authority, SECURITY_PROTOCOL="SASL_SSL", SASL_MECHANISM="PLAIN",
        SASL_USERNAME="firn", SASL_PASSWORD=WORD, SSL_CERTIFICATE_LOCATION=certificate,
        SSL_KEY_LOCATION=certificate, SSL_KEY_PASSWORD=KEY_WORD,
    )  # fmt: skip
    topics = brokers.topics(right)
    topics.create()
    topics.produce(events([1, 2]))
    assert topics.ingest().rows_landed == 2
    without = {name: text for name, text in right.items() if "__SSL_CERT" not in name}
    without = {name: text for name, text in without.items() if "__SSL_KEY" not in name}
    stranger = str(Authority(topics.folder, "stranger").key_store("other", word=KEY_WORD))
    foreign = {"CLICKS_KAFKA__SSL_CERTIFICATE_LOCATION": stranger}
    foreign["CLICKS_KAFKA__SSL_KEY_LOCATION"] = stranger
    for wrong in (
        {**right, "CLICKS_KAFKA__SASL_PASSWORD": f"{WORD}x"},
        {**right, "CLICKS_KAFKA__SSL_KEY_PASSWORD": f"{KEY_WORD}x"},
        {**right, **foreign},
        without,
    ):
        _refused(topics, wrong)


def test_tls_and_certificates_that_are_wrong(
    brokers: Brokers, authority: Authority, tmp_path: Path
) -> None:
    servers = brokers.start(_listener(authority, authority.key_store("broker")))
    right = _variables(servers, authority)
    topics = brokers.topics(right)
    topics.create()
    topics.produce(events([1]))
    assert topics.ingest().rows_landed == 1
    stranger = Authority(tmp_path, "stranger")
    said = _refused(topics, _variables(servers, stranger))
    assert "unable to get local issuer certificate" in said
    elsewhere = servers.replace("127.0.0.1", "localhost")
    assert "not valid for 'localhost'" in _refused(topics, _variables(elsewhere, authority))
    old = authority.key_store("old", until=datetime.now(UTC) - DAY)
    with _presenting(old) as expired:
        assert "certificate has expired" in _refused(topics, _variables(expired, authority))


@contextmanager
def _presenting(store: Path) -> Iterator[str]:
    """Listen with a certificate that no broker starts with; return the address."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(store)

    class Server(ThreadingTCPServer):
        def get_request(self) -> tuple[ssl.SSLSocket, object]:
            found, address = super().get_request()
            return context.wrap_socket(found, server_side=True), address

    with Server((LOOPBACK, 0), BaseRequestHandler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"{LOOPBACK}:{server.server_address[1]}"
        server.shutdown()


def _refused(topics: Topics, variables: dict[str, str]) -> str:
    """Return what a load says that is refused, soon, for a reason that can be configured."""
    topics.set_secrets(**variables)
    start = time.monotonic()
    with pytest.raises(ConfigurationError) as refused:
        topics.ingest()
    assert time.monotonic() - start < SECONDS_TO_SAY
    assert "CLICKS_KAFKA__" in refused.value.fix
    assert WORD not in str(refused.value)
    assert KEY_WORD not in str(refused.value)
    return refused.value.message
