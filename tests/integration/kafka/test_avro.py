"""Messages of Avro, written by confluent-kafka's serializer: landed exactly, or set aside."""

import base64
import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.loading.replay import replay
from tests.integration.kafka.registry.topics import FEW_LOADS, RegistryTopics

pytestmark = pytest.mark.kafka
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)
GREAT = 2**63 - 1


def record(*fields: Mapping[str, object], name: str = "Event") -> dict[str, object]:
    return {
        "type": "record", "name": name, "namespace": "shop",
        "fields": [{"name": "id", "type": "long"}, *fields],
    }  # fmt: skip


def logical(kind: str, of: str = "long", **more: object) -> dict[str, object]:
    return {"type": of, "logicalType": kind, **more}


TYPES: dict[str, tuple[object, object, str, object]] = {
    # name: schema, value, declared type, what lands
    "great": ("long", -GREAT - 1, "bigint", -GREAT - 1),
    "small": ("int", 7, "int", 7),
    "single": ("float", 0.1, "float", pytest.approx(0.1, rel=1e-7)),
    "twice": ("double", 0.1, "double", 0.1),
    "endless": ("double", math.inf, "double", math.inf),
    "yes": ("boolean", True, "boolean", True),
    "text": ("string", "ü\n\"'\u2028", "string", "ü\n\"'\u2028"),
    "raw": ("bytes", b"\x00\xff", "binary", b"\x00\xff"),
    "raw_text": ("bytes", b"\x00\xff", "string", "AP8="),
    "text_raw": ("string", "abcd", "binary", b"abcd"),
    "fixed": ({"type": "fixed", "name": "F", "size": 2}, b"ab", "binary", b"ab"),
    "raws": ({"type": "array", "items": "bytes"}, [b"\xff", b""], "array<binary>", [b"\xff", b""]),
    "kind": (
        {"type": "enum", "name": "K", "symbols": ["VIEW", "BUY"]}, "BUY", "string", "BUY",
    ),
    "none": (["null", "string"], None, "string", None),
    "either": (["null", "string", "long"], 3, "bigint", 3),
    "tags": ({"type": "array", "items": "string"}, ["a", "b"], "array<string>", ["a", "b"]),
    "attributes": ({"type": "map", "values": "long"}, {"a": GREAT}, "string as=json",
                   f'{{"a": {GREAT}}}'),
    "nested": (record(name="Inner"), {"id": 5}, "string as=json", '{"id": 5}'),
    "amount": (logical("decimal", "bytes", precision=38, scale=4),
               Decimal("-1234567890123456789012345678901234.5678"), "decimal(38,4)",
               Decimal("-1234567890123456789012345678901234.5678")),
    "day": (logical("date", "int"), date(1, 1, 1), "date", date(1, 1, 1)),
    "clock": (logical("time-micros"), time(23, 59, 59, 999999), "string", "23:59:59.999999"),
    "moment": (logical("timestamp-micros"), NOON, "timestamp", NOON),
    "milli": (logical("timestamp-millis"), NOON, "timestamp", NOON.replace(microsecond=123000)),
    "local": (logical("local-timestamp-micros"), NOON.replace(tzinfo=None), "timestamp_ntz",
              NOON.replace(tzinfo=None)),
    "uuid": (logical("uuid", "string"), UUID(int=7), "string", str(UUID(int=7))),
}  # fmt: skip


def test_every_type_lands_exactly(schemas: RegistryTopics) -> None:
    fields = [{"name": name, "type": schema} for name, (schema, *_) in TYPES.items()]
    schemas.declare({"id": "bigint", **{name: kind for name, (_, _, kind, _) in TYPES.items()}})
    value = {"id": 1, **{name: value for name, (_, value, *_) in TYPES.items()}}
    (row,) = schemas.land(schemas.avro(record(*fields), [value]))
    landed = {name: row[name] for name in TYPES}
    assert landed == {name: expected for name, (*_, expected) in TYPES.items()}
    assert row["_rescued"] is None


def test_what_nobody_declared_is_rescued_and_paths_are_followed(schemas: RegistryTopics) -> None:
    inner = {"name": "inner", "type": record({"name": "a", "type": "bytes"}, name="Inner")}
    amount = {"name": "amount", "type": logical("decimal", "bytes", precision=30, scale=2)}
    schemas.declare({"id": "bigint"})
    value = {"id": GREAT, "inner": {"id": GREAT, "a": b"\xff"}, "amount": Decimal(10) ** 27}
    (row,) = schemas.land(schemas.avro(record(inner, amount), [value]))
    assert json.loads(row["_rescued"]) == {
        "inner": {"id": GREAT, "a": "/w=="}, "amount": "1000000000000000000000000000.00",
    }  # fmt: skip


def test_schemas_change_message_by_message(schemas: RegistryTopics) -> None:
    """A field is added, removed and renamed; each message is read by its own schema."""
    price = {"name": "price", "type": "double"}
    city = {"name": "city", "type": ["null", "string"], "default": None}
    renamed = {"name": "amount", "type": "double", "aliases": ["price"]}
    first = schemas.avro(record(price), [{"id": 1, "price": 1.5}])
    second = schemas.avro(record(price, city), [{"id": 2, "price": 2.5, "city": "Bern"}])
    third = schemas.avro(record(renamed), [{"id": 3, "amount": 3.5}])
    schemas.declare({"id": "bigint", "amount": "double", "city": "string"})
    rows = schemas.land([*third, *first, *second, *first])
    found = [(row["id"], row["amount"], row["city"], row["_rescued"]) for row in rows]
    assert found == [
        (3, 3.5, None, None), (1, 1.5, None, None), (2, 2.5, "Bern", None), (1, 1.5, None, None),
    ]  # fmt: skip


def test_what_another_topic_calls_its_fields_is_nothing_to_this_one(
    schemas: RegistryTopics,
) -> None:
    price = {"name": "price", "type": "double"}
    (message,) = schemas.avro(record(price), [{"id": 1, "price": 1.5}])
    for schema in (price, {"name": "amount", "type": "double", "aliases": ["price"]}):
        schemas.register(json.dumps(record(schema)), "AVRO", "-2")
    schemas.declare({"id": "bigint", "price": "double"})
    (row,) = schemas.land([message])
    assert (row["price"], row["_rescued"]) == (1.5, None)


def test_bad_messages_cost_themselves_alone_and_come_back(schemas: RegistryTopics) -> None:
    """Fault bad-messages."""
    long = schemas.avro(record(), [{"id": 1}, {"id": 2}, {"id": GREAT}])
    other = schemas.register('{"$schema": "http://json-schema.org/draft-07/schema#"}', "JSON", "-2")
    bad = {
        b"": "number of a schema",
        b'{"id": 1}': "number of a schema",
        b"\x01" + bytes(16) + b"\x02": "GUID",
        b"\x00\x7f\xff\xff\xff\x02": "does not know schema 2147483647",
        long[0] + b"x": "1 bytes are left over",
        long[0][:5]: "does not decode",
        long[0][:5] + b"\xff": "does not decode",
        b"\x00" + other.to_bytes(4) + b"{}": f"schema {other} is JSON, not AVRO",
        long[2]: "is no int",
    }
    schemas.declare({"id": "int"})
    rows = schemas.land([long[0], *bad, long[1]])
    assert [row["id"] for row in rows] == [1, 2]
    reasons = schemas.reasons()
    for offset, (message, reason) in enumerate(bad.items(), 1):
        assert reason in reasons[offset], (message, reasons[offset])
    schemas.declare({"id": "bigint"})
    (result,) = replay([], schemas.topics.settings)
    assert (result.replayed, result.unfit) == (1, len(bad) - 1)
    assert [row["id"] for row in schemas.rows()] == [1, GREAT, 2]


def test_personal_data(schemas: RegistryTopics) -> None:
    email = {"name": "email", "type": "string"}
    schemas.declare({"id": "bigint", "email": "string token"})
    good, bad = schemas.avro(record(email), [{"id": 1, "email": "a@b.c"}] * 2)
    (row,) = schemas.land([good, bad + b"a@b.c", b"\x00\x00\x00\x00\x00a@b.c"])
    assert len(schemas.reasons()) == 2
    everything = json.dumps([row, schemas.topics.quarantined()], default=str)
    assert "a@b.c" not in everything


times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
decimals = st.integers(-(10**30) + 1, 10**30 - 1).map(lambda n: Decimal(f"{n}E-6"))
values = st.fixed_dictionaries(
    {
        "id": st.integers(-GREAT - 1, GREAT),
        "number": st.floats(allow_nan=False),
        "text": st.text(),
        "raw": st.binary(),
        "amount": decimals,
        "moment": times,
        "day": st.dates(),
        "some": st.none() | st.text(),
        "list": st.lists(st.integers(-GREAT - 1, GREAT)),
        "map": st.dictionaries(st.text(), st.binary()),
    }
)
ROUND_TRIP = record(
    {"name": "number", "type": "double"},
    {"name": "text", "type": "string"},
    {"name": "raw", "type": "bytes"},
    {"name": "amount", "type": logical("decimal", "bytes", precision=30, scale=6)},
    {"name": "moment", "type": logical("timestamp-micros")},
    {"name": "day", "type": logical("date", "int")},
    {"name": "some", "type": ["null", "string"]},
    {"name": "list", "type": {"type": "array", "items": "long"}},
    {"name": "map", "type": {"type": "map", "values": "bytes"}},
)


@FEW_LOADS
@given(st.lists(values, min_size=1, max_size=40))
def test_any_value_round_trips(schemas: RegistryTopics, sent: list[dict[str, Any]]) -> None:
    schemas.declare(
        {
            "id": "bigint", "number": "double", "text": "string", "raw": "binary",
            "amount": "decimal(30,6)", "moment": "timestamp", "day": "date", "some": "string",
            "list": "array<bigint>", "map": "string as=json",
        }
    )  # fmt: skip
    before = schemas.topics.ends()[1]
    rows = schemas.land(schemas.avro(ROUND_TRIP, sent))
    assert not schemas.reasons()
    landed = [
        {name: row[name] for name in sent[0]} for row in rows if row["_kafka_offset"] >= before
    ]
    assert [_comparable(row) for row in landed] == [_encoded(row) for row in sent]


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "map": json.loads(row["map"])}


def _encoded(value: dict[str, Any]) -> dict[str, Any]:
    encoded = {key: base64.b64encode(data).decode() for key, data in value["map"].items()}
    return {**value, "map": encoded}
