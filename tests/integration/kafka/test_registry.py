"""The registry itself: asked once, named when it fails, and then nothing is committed."""

from collections.abc import Iterator

import pytest

from ingestion.connectors.base import ConnectorContext
from ingestion.connectors.registry import connector_of
from ingestion.loading.replay import replay
from ingestion.personal_data import Tokeniser
from ingestion.sources import load_sources
from lake.errors import ConfigurationError, EnvironmentFault
from tests.integration.kafka.registry.gate import Gate
from tests.integration.kafka.registry.topics import RegistryTopics
from tests.integration.kafka.test_avro import record

pytestmark = pytest.mark.kafka
LOGIN = "firn:Pass-w0rd"  # pragma: allowlist secret


@pytest.fixture
def gate(schemas: RegistryTopics) -> Iterator[Gate]:
    """Return a gate before the registry that the source is declared to ask."""
    with Gate(schemas.url).open() as opened:
        quick = {"CLICKS_REGISTRY__RETRIES_WAIT_MS": "1", "CLICKS_REGISTRY__MAX_RETRIES": "1"}
        variables = {**schemas.variables, "CLICKS_REGISTRY": opened.url, **quick}
        schemas.topics.set_secrets(**variables)
        schemas.declare({"id": "bigint"})
        yield opened


def test_it_is_asked_once_for_each_schema(schemas: RegistryTopics, gate: Gate) -> None:
    # of its own: a schema that other subjects have too is looked up in each of them
    schema = record(name="AskedOnce")
    messages = schemas.avro(schema, [{"id": number} for number in range(500)])
    unknown = b"\x00\x7f\xff\xff\xff\x02"
    rows = schemas.land([*messages, *[unknown] * 20])
    assert len(rows) == 500
    number = int.from_bytes(messages[0][1:5])
    asked = [path.partition("/v7")[2].partition("?")[0] for path in gate.asked]
    assert sorted(asked) == sorted(
        [
            "/schemas/types",
            f"/schemas/ids/{number}",
            f"/schemas/ids/{number}/versions",
            f"/subjects/{schemas.subject}/versions/latest",
            "/schemas/ids/2147483647",
        ]
    )


@pytest.mark.parametrize("after", [0, 1], ids=["at first", "between"])
def test_a_registry_that_fails(
    schemas: RegistryTopics, gate: Gate, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault registry-down: nothing is committed, and no message goes to quarantine."""
    schemas.topics.produce(schemas.avro(record(), [{"id": 1}]))
    answer = gate.answer

    def failing(path: str, login: str | None) -> tuple[int, bytes]:
        gate.status = 500 if len(gate.asked) >= after else None
        return answer(path, login)

    monkeypatch.setattr(gate, "answer", failing)
    with pytest.raises(EnvironmentFault, match="does not answer: HTTP 500"):
        schemas.topics.ingest()
    assert schemas.topics.lake.table("quarantine.clicks") is None
    monkeypatch.undo()
    gate.status = None
    assert schemas.topics.ingest().rows_landed == 1


def test_a_registry_that_is_not_there(schemas: RegistryTopics, gate: Gate) -> None:
    """Fault registry-down."""
    schemas.topics.set_secrets(**{
        **schemas.variables, "CLICKS_REGISTRY": "http://127.0.0.1:9",
        "CLICKS_REGISTRY__MAX_RETRIES": "0",
    })  # fmt: skip
    schemas.topics.produce([b"poison"])
    with pytest.raises(EnvironmentFault, match="registry does not answer") as fault:
        schemas.topics.ingest()
    assert "CLICKS_REGISTRY" in fault.value.fix
    assert schemas.topics.lake.table("quarantine.clicks") is None


def test_logins(schemas: RegistryTopics, gate: Gate) -> None:
    gate.login = LOGIN
    (message,) = schemas.avro(record(), [{"id": 1}])
    schemas.topics.produce([message, b"poison"])
    variables = {**schemas.variables, "CLICKS_REGISTRY": gate.url}
    for wrong in ({}, {"CLICKS_REGISTRY__BASIC_AUTH_USER_INFO": f"{LOGIN}x"}):
        schemas.topics.set_secrets(**variables, **wrong)
        with pytest.raises(ConfigurationError, match="refuses the login") as refused:
            schemas.topics.ingest()
        assert LOGIN not in str(refused.value)
        assert "CLICKS_REGISTRY__BASIC_AUTH_USER_INFO" in refused.value.fix
    schemas.topics.set_secrets(**variables, CLICKS_REGISTRY__BASIC_AUTH_USER_INFO=LOGIN)
    assert schemas.topics.ingest().rows_landed == 1
    assert [result.unfit for result in replay([], schemas.topics.settings)] == [1]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"CLICKS_REGISTRY": "registry:8081"}, "no http or https URL"),
        ({"CLICKS_REGISTRY__NO_SUCH": "1"}, "no.such"),
        ({"CLICKS_REGISTRY__TIMEOUT": "soon"}, "timeout is no number"),
        ({"CLICKS_REGISTRY__SSL_CA_LOCATION": "/nowhere.pem"}, "No such file"),
        ({"CLICKS_REGISTRY__BASIC_AUTH_USER_INFO": "s3cret"}, "form of"),
    ],
)
def test_variables_that_are_wrong(
    schemas: RegistryTopics, variables: dict[str, str], said: str
) -> None:
    schemas.declare({"id": "bigint"})
    schemas.topics.set_secrets(**{**schemas.variables, **variables})
    with pytest.raises(ConfigurationError, match=said) as wrong:
        schemas.topics.ingest()
    assert "s3cret" not in str(wrong.value)


def test_a_format_without_a_registry_and_the_other_way_round(schemas: RegistryTopics) -> None:
    schemas.topics.declare({"id": "bigint"}, format="avro")
    with pytest.raises(ConfigurationError, match=r"clicks.yml:\d+: .*needs `schema_registry`"):
        schemas.topics.ingest()
    schemas.topics.declare({"id": "bigint"}, source={"schema_registry": "CLICKS_REGISTRY"})
    with pytest.raises(ConfigurationError, match=r"clicks.yml:\d+: .*no table has a format"):
        schemas.topics.ingest()
    schemas.topics.declare(
        {"id": "bigint"}, source={"schema_registry": "CLICKS_REGISTRY", "format": "avro"}
    )
    assert schemas.topics.ingest().rows_landed == 0


def test_the_doctor_looks_at_it(schemas: RegistryTopics, gate: Gate) -> None:
    settings = schemas.topics.settings
    (source,) = load_sources(settings.project_dir)
    context = ConnectorContext(settings, lambda: Tokeniser(settings.token_key))
    said = connector_of(source).check(source, context)
    assert "the schema registry answers, with schemas of AVRO" in said
    gate.status = 503
    with pytest.raises(EnvironmentFault, match="does not answer: HTTP 503"):
        connector_of(source).check(source, context)
