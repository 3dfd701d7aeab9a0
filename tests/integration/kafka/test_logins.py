"""A broker that asks for a login: properties from variables, and no password in any message."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lake.errors import ConfigurationError
from lake.settings import Settings
from sandbox.kafka.broker import EmbeddedKafka
from tests.integration.kafka.topics import Topics, events

pytestmark = pytest.mark.kafka
WORD = "Pass-w0rd;1"  # pragma: allowlist secret
LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
PROPERTIES = {
    "listener.security.protocol.map": "CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
    "sasl.enabled.mechanisms": "PLAIN",
    "sasl.mechanism.inter.broker.protocol": "PLAIN",
    "listener.name.clients.plain.sasl.jaas.config": (
        f'{LOGIN} username="firn" password="{WORD}" user_firn="{WORD}";'
    ),
}


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Topics]:
    """Return a topic of a broker that asks for a login."""
    broker = EmbeddedKafka(tmp_path / "broker", Settings.load(), PROPERTIES)
    broker.start()
    (tmp_path / "project").mkdir()
    made = Topics(tmp_path / "project", broker.servers, "events", _client(WORD))
    made.set_up()
    made.declare()
    yield made
    broker.destroy()


def _client(word: str) -> dict[str, str]:
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "firn",
        "sasl.password": word,
    }


def _variables(topics: Topics, word: str) -> dict[str, str]:
    names = {f"CLICKS_KAFKA__{k.upper().replace('.', '_')}": v for k, v in _client(word).items()}
    return {"CLICKS_KAFKA": topics.servers, **names}


def test_a_login_by_variables(guarded: Topics) -> None:
    guarded.create()
    guarded.produce(events([1, 2]))
    guarded.set_secrets(**_variables(guarded, WORD))
    assert guarded.ingest().rows_landed == 2
    guarded.set_secrets(**_variables(guarded, WORD + "x"))
    with pytest.raises(ConfigurationError, match="refuses the login") as refused:
        guarded.ingest()
    assert "CLICKS_KAFKA__SASL_" in refused.value.fix
    assert WORD not in str(refused.value)
