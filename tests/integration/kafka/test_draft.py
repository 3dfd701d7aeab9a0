"""A draft of topics: it lands every message of its own samples."""

from typing import Any

import pytest
import yaml

from ingestion.connectors.base import DraftRequest
from lake.errors import ConfigurationError
from operations.cli.declare import draft_source
from tests.integration.kafka.registry.topics import RegistryTopics
from tests.integration.kafka.test_avro import NOON, logical, record
from tests.integration.kafka.topics import Topics

pytestmark = pytest.mark.kafka


def test_a_draft_of_json_lands_its_samples(topics: Topics) -> None:
    topics.create(partitions=2)
    for number in range(40):
        value = {
            "kind": "view", "event_id": f"e{number}", "at": "2026-03-01T12:00:00Z",
            "price": number / 4, "mixed": number if number % 2 else "x", "email": "a@b.c",
            "shipping": {"city": "Bern", "tags": ["a"]},
        }  # fmt: skip
        topics.produce([value], partition=number % 2)
    table, columns = _drafted(topics, {"from_topics": topics.topic})
    assert table["config"]["meta"]["ingestion"]["key"] == ["event_id"]
    assert {name: column["data_type"] for name, column in columns.items()} == {
        "kind": "string", "event_id": "string", "at": "timestamp", "price": "decimal(18,2)",
        "mixed": "string", "email": "string", "shipping_city": "string",
        "shipping_tags": "array<string>",
    }  # fmt: skip
    assert columns["mixed"]["config"]["meta"] == {"as": "json"}
    result = topics.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (40, 0)


def test_a_draft_by_the_registry_lands_its_samples(schemas: RegistryTopics) -> None:
    fields = [
        {"name": "at", "type": logical("timestamp-micros")},
        {"name": "inner", "type": record({"name": "n", "type": "int"}, name="Inner")},
    ]
    values = [{"id": n, "at": NOON, "inner": {"id": 1, "n": 2}} for n in range(20)]
    schemas.topics.produce(schemas.avro(record(*fields), values))
    options = {"from_topics": schemas.topics.topic, "schema_registry": "CLICKS_REGISTRY"}
    table, columns = _drafted(schemas.topics, options)
    assert table["config"]["meta"]["ingestion"]["format"] == "avro"
    assert columns["at"]["data_type"] == "timestamp"
    result = schemas.topics.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (20, 0)


def test_a_draft_needs_topics(topics: Topics) -> None:
    with pytest.raises(ConfigurationError, match="needs topics"):
        draft_source(topics.settings, "kafka", DraftRequest("clicks", "CLICKS_KAFKA"))


def _drafted(topics: Topics, options: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    path = draft_source(topics.settings, "kafka", DraftRequest("clicks", "CLICKS_KAFKA", options))
    (table,) = yaml.safe_load(path.read_text())["sources"][0]["tables"]
    return table, {column["name"]: column for column in table["columns"]}
