"""Messages that cannot be landed: in quarantine with bytes, offset and reason, and back again."""

import base64
import json
from typing import Any

import pytest

from ingestion.loading.replay import replay
from lake.errors import ConfigurationError, LoadError
from tests.integration.ingestion.checker import Row
from tests.integration.kafka.topics import Topics, events

pytestmark = pytest.mark.kafka
DEEP = b'{"id": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
# bytes -> what its reason says
BAD: dict[bytes, str] = {
    b"no json": "no JSON",
    b"no json\r\n": "no JSON",
    b'{"id": 1} {"id": 2}': "Extra data",
    b'{"id": 1}\n{"id": 2}': "Extra data",
    b'{"id": 1': "no JSON",
    b"\xff\xfe": "UTF-8",
    b'{"id": 1, "price": "\xff"}': "UTF-8",
    b"": "no JSON",
    b"null": "no object",
    b"[1]": "no object",
    b"7": "no object",
    DEEP: "nested too deeply",
    b'{"id": 1180591620717411303424}': "is no bigint",
    b'{"id": "x"}': "id",
    b'{"price": 1}': "id is null",
    b'{"id": null}': "id is null",
    b'{"id": 1, "price": 0.125}': "is no decimal(10,2)",
    b'{"id": 1, "price": "a\nb"}': "no JSON",
}  # fmt: skip


def test_each_costs_itself_alone(topics: Topics) -> None:
    """Fault bad-messages."""
    topics.create()
    topics.declare()
    topics.produce(events(range(500)))
    topics.produce(BAD, key=b"\x00key")
    topics.produce([None])
    topics.produce(events(range(500, 1000)))
    result = topics.ingest()
    assert result.rows_read == 1000 + len(BAD) + 1
    assert result.rows_quarantined == len(BAD) + 1
    assert topics.ids() == list(range(1000))
    kept = {_offset(row): row for row in topics.quarantined()}
    for offset, (value, reason) in enumerate(BAD.items(), 500):
        row = kept[offset]
        assert reason in row["reason"], (value[:50], row["reason"])
        assert _bytes(row) == value
        place = json.loads(row["place"])
        assert (place["topic"], place["partition"]) == (topics.topic, "0")
        assert base64.b64decode(place["key_base64"]) == b"\x00key"
    tombstone = kept[500 + len(BAD)]
    assert (tombstone["rule"], tombstone["reason"]) == ("tombstone", "the message has no value")


def test_pretty_json_is_one_message(topics: Topics) -> None:
    topics.create()
    topics.declare({"id": "bigint", "text": "string"}, new_columns="rescue")
    values = [{"id": 1, "text": "a\nb", "more": {"x": [1, 2]}}, {"id": 2, "text": "ü"}]
    topics.produce([json.dumps(value, indent=2).encode() for value in values])
    topics.produce([b'{"id": 3,\r\n "text": "c"}'])
    assert topics.ingest().rows_landed == 3
    rows = {row["id"]: row for row in topics.rows()}
    assert (rows[1]["text"], rows[2]["text"], rows[3]["text"]) == ("a\nb", "ü", "c")
    assert json.loads(rows[1]["_rescued"]) == {"more": {"x": [1, 2]}}


def test_fields_that_freeze_forbids_cost_their_message(topics: Topics) -> None:
    topics.create()
    topics.declare(new_columns="freeze")
    topics.produce([{"id": 1}, {"id": 2, "more": 1}, {"id": 3}])
    result = topics.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (2, 1)
    (row,) = topics.quarantined()
    assert "more" in row["reason"]
    assert topics.ids() == [1, 3]


def test_a_message_that_is_too_long(topics: Topics) -> None:
    topics.create()
    topics.declare({"id": "bigint", "text": "string"}, max_row_size=2048)
    topics.produce([{"id": 1, "text": "x" * 3000}, {"id": 2, "text": "y" * 1000}])
    result = topics.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (1, 1)
    (row,) = topics.quarantined()
    assert "max_row_size" in row["reason"]


@pytest.mark.parametrize("headers", [True, False], ids=["headers", "without"])
def test_replay_puts_them_back_once(topics: Topics, headers: bool) -> None:
    """Fault replay-twice."""
    topics.create(partitions=2)
    topics.declare({"id": "int", "price": "decimal(10,2)"}, headers=headers)
    large = 5_000_000_000
    topics.produce([{"id": 1}, {"id": large, "price": 2}, b"broken"], partition=1,
                   key=b"k", timestamp=1_700_000_000_000, headers=[("a", b"\xff")])  # fmt: skip
    assert topics.ingest().rows_quarantined == 2
    topics.declare(headers=headers)
    (result,) = replay([], topics.settings)
    assert (result.replayed, result.unfit) == (1, 1)
    row = topics.rows(where=f"id = {large}")[0]
    assert (row["_kafka_partition"], row["_kafka_offset"], row["_kafka_key"]) == (1, 1, b"k")
    assert row["_kafka_timestamp"].timestamp() == 1_700_000_000
    if headers:
        assert json.loads(row["_kafka_headers"]) == [["a", None, "/w=="]]
    else:
        assert "_kafka_headers" not in row
    assert [r.replayed for r in replay([], topics.settings)] == [0]
    assert topics.ids() == [1, large]


def test_too_many_bad_ones_stop_the_load_with_what_was_read(
    topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault poison."""
    monkeypatch.setattr("ingestion.connectors.kafka.reading.CHUNK_MESSAGES", 500)
    topics.create()
    topics.declare()
    topics.produce(events(range(300)))
    topics.produce([b"poison"] * 2000)
    topics.produce(events(range(300, 600)))
    runs = 0
    while len(topics.ids()) < 600:
        runs += 1
        assert runs < 20
        try:
            topics.ingest()
        except LoadError as error:
            assert "cannot be landed" in error.message  # noqa: PT017 - the last run has none
    assert runs > 1
    assert topics.ids() == list(range(600))
    assert {_offset(row) for row in topics.quarantined()} == set(range(300, 2300))
    assert len(topics.quarantined()) == 2000


def test_nothing_but_poison(topics: Topics) -> None:
    """It is all set aside, and the partition goes on behind it."""
    topics.create()
    topics.declare()
    topics.produce([b"poison"] * 50)
    result = topics.ingest()
    assert (result.rows_quarantined, result.is_all_set_aside) == (50, True)
    topics.produce(events([1]))
    assert topics.ingest().rows_read == 1
    assert topics.ids() == [1]


def test_personal_data(topics: Topics) -> None:
    topics.create()
    columns = {"id": "bigint", "email": "string token", "phone": "string drop"}
    topics.declare(columns, headers=["trace"])
    headers = [("trace", b"t1"), ("user", b"a@b.c"), ("trace", b"t2")]
    good, bad = {"id": 1, "email": "a@b.c", "phone": "12345"}, b'{"id": "x", "email": "a@b.c"}'
    topics.produce([good, bad], key=b"a@b.c", headers=headers)
    topics.ingest()
    (row,) = topics.rows()
    assert json.loads(row["_kafka_headers"]) == [["trace", "t1"], ["trace", "t2"]]
    assert "t2" in topics.quarantined()[0]["place"]
    assert row["email"] not in (None, "a@b.c")
    assert row["_kafka_key"] is None
    everything = json.dumps([topics.rows(), topics.quarantined()], default=str)
    assert "a@b.c" not in everything
    assert "12345" not in everything


def test_headers_beside_personal_data_are_named(topics: Topics) -> None:
    topics.declare({"id": "bigint", "email": "string token"}, headers=True)
    with pytest.raises(ConfigurationError, match=r"all headers .*`headers: \[trace_id\]`"):
        topics.ingest()


def _offset(row: Row) -> int:
    return int(json.loads(row["place"])["offset"])


def _bytes(row: Row) -> bytes:
    values: dict[str, Any] = json.loads(row["row"])
    if "bytes_base64" in values:
        return base64.b64decode(values["bytes_base64"])
    return str(values["bytes"]).encode()
