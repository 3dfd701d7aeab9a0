"""Messages of JSON by a JSON Schema, written by confluent-kafka's serializer."""

import json
from decimal import Decimal

import pytest

from tests.integration.kafka.registry.topics import RegistryTopics

pytestmark = pytest.mark.kafka
GREAT = 2**63 - 1
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#", "title": "Event", "type": "object",
    "properties": {"id": {"type": "integer"}, "text": {"type": "string", "maxLength": 3}},
    "required": ["id"],
}  # fmt: skip


def test_json_lands_as_it_is_written(schemas: RegistryTopics) -> None:
    (first,) = schemas.json(SCHEMA, [{"id": GREAT, "text": "abc", "more": {"a": 1}}])
    exact = b'{"id": 2, "amount": 12345678901234567890.123456789, "more": 0.10}'
    schemas.declare({"id": "bigint", "text": "string", "amount": "decimal(38,9)"}, "json_schema")
    rows = schemas.land([first, first[:5] + exact])
    assert [(row["id"], row["text"], row["amount"]) for row in rows] == [
        (GREAT, "abc", None), (2, None, Decimal("12345678901234567890.123456789")),
    ]  # fmt: skip
    assert [row["_rescued"] for row in rows] == ['{"more": {"a": 1}}', '{"more": 0.10}']


def test_what_the_schema_forbids_is_set_aside(schemas: RegistryTopics) -> None:
    (head,) = schemas.json(SCHEMA, [{"id": 1}])
    bad = {
        b'{"id": 1, "text": "abcd"}': "is too long",
        b'{"text": "a"}': "required",
        b"[1]": "not of type 'object'",
        b'{"id": 1': "does not decode",
        b"": "does not decode",
        b'{"id": 1, "text": "\xff"}': "does not decode",
    }
    schemas.declare({"id": "bigint"}, "json_schema")
    (row,) = schemas.land([*(head[:5] + body for body in bad), head])
    assert row["id"] == 1
    reasons = schemas.reasons()
    for offset, (body, reason) in enumerate(bad.items()):
        assert reason in reasons[offset], (body, reasons[offset])
    kept = json.loads(schemas.topics.quarantined()[0]["row"])
    assert set(kept) == {"bytes"} | {name for name in kept if name.endswith("base64")} - {"x"}
