"""Messages of Protobuf, written by confluent-kafka's serializer: landed exactly, or set aside."""

import base64
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema
from hypothesis import given
from hypothesis import strategies as st

from ingestion.connectors.kafka.schemas.protobuf_compiler import message_class
from ingestion.loading.replay import replay
from tests.integration.kafka.registry.topics import FEW_LOADS, RegistryTopics

pytestmark = pytest.mark.kafka
GREAT = 2**63 - 1
EVENT = """
syntax = "proto3";
package shop;
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Header { string other = 1; }
message Event {
  int64 id = 1;
  uint64 unsigned = 2;
  sint32 small = 3;
  double number = 4;
  float single = 5;
  bool yes = 6;
  string text = 7;
  bytes raw = 8;
  enum Kind { UNKNOWN = 0; VIEW = 1; BUY = 2; }
  Kind kind = 9;
  optional string maybe = 10;
  oneof payment { string card = 11; int64 voucher = 12; }
  repeated int64 list = 13;
  map<string, int64> counts = 14;
  map<bool, Kind> kinds = 15;
  google.protobuf.Timestamp moment = 16;
  google.protobuf.Duration took = 17;
  google.protobuf.Int64Value wrapped = 18;
  google.protobuf.BytesValue wrapped_raw = 19;
  google.protobuf.Struct free = 20;
  message Shipping { string city = 1; optional int32 floor = 2; }
  Shipping shipping = 21;
  repeated Shipping parcels = 22;
}
"""
COLUMNS = {
    "id": "bigint", "unsigned": "decimal(20,0)", "small": "int", "number": "double",
    "single": "float", "yes": "boolean", "text": "string", "raw": "binary", "kind": "string",
    "maybe": "string", "card": "string", "voucher": "bigint", "list": "array<bigint>",
    "counts": "string as=json", "kinds": "string as=json", "moment": "timestamp",
    "took": "string", "wrapped": "bigint", "wrapped_raw": "binary", "free": "string as=json",
    "shipping": "string as=json", "parcels": "string as=json",
}  # fmt: skip


def made(text: str, *indexes: int) -> Any:  # noqa: ANN401 - a class that is made here
    """Return the class of a message; nothing is imported that the compiler does not have."""
    return message_class(None, Schema(text, "PROTOBUF"), indexes or (0,))  # type: ignore[arg-type]


def test_every_type_lands_exactly(schemas: RegistryTopics) -> None:
    event = made(EVENT, 1)(
        id=-GREAT - 1, unsigned=2**64 - 1, small=-5, number=0.1, single=0.1, yes=True, text="ü\n",
        raw=b"\x00\xff", kind=2, maybe="", voucher=GREAT, list=[GREAT, 1], counts={"a": GREAT},
        kinds={True: 1}, parcels=[{"city": "Bern", "floor": 0}, {}],
    )  # fmt: skip
    event.moment.FromJsonString("2026-03-01T12:00:00.123456Z")
    event.took.FromTimedelta(timedelta(seconds=1.5))
    event.wrapped.value = GREAT
    event.wrapped_raw.value = b"\xfe"
    event.free.update({"a": [1, None, "x"]})
    event.shipping.city = "Köln"
    schemas.declare(COLUMNS, "protobuf")
    (row,) = schemas.land(schemas.protobuf([event]))
    assert row["_rescued"] is None
    assert {name: row[name] for name in COLUMNS} == {
        "id": -GREAT - 1, "unsigned": Decimal(2**64 - 1), "small": -5, "number": 0.1,
        "single": pytest.approx(0.1, rel=1e-7), "yes": True, "text": "ü\n", "raw": b"\x00\xff",
        "kind": "BUY", "maybe": "", "card": None, "voucher": GREAT, "list": [GREAT, 1],
        "counts": f'{{"a": {GREAT}}}', "kinds": '{"true": "VIEW"}',
        "moment": datetime(2026, 3, 1, 12, 0, 0, 123456, UTC), "took": "1.500s",
        "wrapped": GREAT, "wrapped_raw": b"\xfe", "free": '{"a": [1.0, null, "x"]}',
        "shipping": '{"city": "Köln"}', "parcels": '[{"city": "Bern", "floor": 0}, {"city": ""}]',
    }  # fmt: skip


def test_default_values(schemas: RegistryTopics) -> None:
    """What does not say whether it is there has its default, what does is null."""
    schemas.declare(COLUMNS, "protobuf")
    (row,) = schemas.land(schemas.protobuf([made(EVENT, 1)()]))
    found = {name: row[name] for name in COLUMNS}
    assert found == {
        "id": 0, "unsigned": 0, "small": 0, "number": 0.0, "single": 0.0, "yes": False,
        "text": "", "raw": b"", "kind": "UNKNOWN", "maybe": None, "card": None, "voucher": None,
        "list": [], "counts": "{}", "kinds": "{}", "moment": None, "took": None, "wrapped": None,
        "wrapped_raw": None, "free": None, "shipping": None, "parcels": "[]",
    }  # fmt: skip


def test_proto2_and_rescued_fields(schemas: RegistryTopics) -> None:
    event = made(
        'syntax = "proto2"; message E { required int64 id = 1; optional int32 five = 2'
        " [default = 5]; optional bytes none = 3; optional int64 great = 4; }"
    )
    schemas.declare({"id": "bigint", "five": "int"}, "protobuf")
    (row,) = schemas.land(schemas.protobuf([event(id=1, great=GREAT)]))
    assert (row["five"], json.loads(row["_rescued"])) == (5, {"great": GREAT})


def test_schemas_that_import_others_and_change(schemas: RegistryTopics) -> None:
    city = 'syntax = "proto3"; package other; message City { string name = 1; }'
    subject = f"{schemas.subject}-city"
    schemas.client.register_schema(subject, Schema(city, "PROTOBUF"))
    first = 'syntax = "proto3"; message E { int64 id = 1; int64 gone = 2; }'
    second = (
        'syntax = "proto3"; import "other/city.proto";'
        " message E { int64 id = 1; other.City city = 3; }"
    )
    from confluent_kafka.schema_registry import SchemaReference

    reference = SchemaReference("other/city.proto", subject, 1)
    numbers = [
        schemas.register(first, "PROTOBUF"),
        schemas.client.register_schema(
            f"{schemas.subject}-2", Schema(second, "PROTOBUF", [reference])
        ),
    ]
    heads = [b"\x00" + number.to_bytes(4, "big") + b"\x00" for number in numbers]
    schemas.declare({"id": "bigint", "gone": "int", "city": "string as=json"}, "protobuf")
    rows = schemas.land([heads[0] + b"\x08\x01\x10\x07", heads[1] + b"\x08\x02\x1a\x03\x0a\x01X"])
    found = [(row["id"], row["gone"], row["city"]) for row in rows]
    assert found == [(1, 7, None), (2, None, '{"name": "X"}')]


def test_bad_messages_cost_themselves_alone(schemas: RegistryTopics) -> None:
    """Fault bad-messages."""
    (good,) = schemas.protobuf([made(EVENT, 1)(id=1)])
    broken = schemas.register('syntax = "proto3"; message A { }', "PROTOBUF", "-other")
    head, body = good[:7], good[7:]
    assert (head[5:], body) == (b"\x02\x02", b"\x08\x01")
    late = made(EVENT, 1)(id=1)
    late.moment.seconds = 2**40
    bad = {
        head + body + b"\xfa\x3f\x01x": "no field 1023 in shop.Event",
        head + b"\x08": "does not decode",
        head + b"\x3a\x02\xff\xff": "does not decode",
        good[:5] + b"\x02\x12" + body: "has no message [9]",
        good[:5] + b"\x80": "number of a schema",
        b"\x00" + broken.to_bytes(4, "big") + b"\x00" + body: "no field 1 in A",
        head + late.SerializeToString(): "does not decode",
        head + made(EVENT, 1)(id=1, kind=9).SerializeToString(): "kind",
    }
    schemas.declare(COLUMNS, "protobuf")
    (row,) = schemas.land([*bad, good])
    assert row["id"] == 1
    reasons = schemas.reasons()
    for offset, (message, reason) in enumerate(bad.items()):
        assert reason in reasons[offset], (message, reasons[offset])
    assert [result.unfit for result in replay([], schemas.topics.settings)] == [len(bad)]


def test_a_schema_that_imports_from_outside_is_refused(tmp_path: Path) -> None:
    from ingestion.connectors.kafka.schemas.base import UndecodableError

    with pytest.raises(UndecodableError, match="line 1:.*passwd"):
        made('syntax = "proto3"; import "/etc/passwd"; message A { }')


whole = st.integers(-GREAT - 1, GREAT)
VALUES = "syntax = 'proto3'; message V { int64 id = 1; uint64 unsigned = 2; double number = 3;" \
    " string text = 4; bytes raw = 5; optional string maybe = 6; repeated sint64 list = 7;" \
    " map<string, bytes> map = 8; }"  # fmt: skip
events = st.fixed_dictionaries(
    {
        "id": whole,
        "unsigned": st.integers(0, 2**64 - 1),
        "number": st.floats(allow_nan=False),
        "text": st.text(),
        "raw": st.binary(),
        "maybe": st.none() | st.text(),
        "list": st.lists(whole),
        "map": st.dictionaries(st.text(), st.binary()),
    }
)


@FEW_LOADS
@given(st.lists(events, min_size=1, max_size=40))
def test_any_value_round_trips(schemas: RegistryTopics, sent: list[dict[str, Any]]) -> None:
    kind = made(VALUES)
    schemas.declare(
        {
            "id": "bigint", "unsigned": "decimal(20,0)", "number": "double", "text": "string",
            "raw": "binary", "maybe": "string", "list": "array<bigint>", "map": "string as=json",
        },
        "protobuf",
    )  # fmt: skip
    before = schemas.topics.ends()[1]
    rows = schemas.land(schemas.protobuf([kind(**value) for value in sent]))
    assert not schemas.reasons()
    new = [row for row in rows if row["_kafka_offset"] >= before]
    landed = [{name: row[name] for name in sent[0]} for row in new]
    assert [{**row, "map": _bytes(json.loads(row["map"]))} for row in landed] == sent


def _bytes(encoded: dict[str, str]) -> dict[str, bytes]:
    return {key: base64.b64decode(text) for key, text in encoded.items()}
