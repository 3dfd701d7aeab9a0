"""Topics drained to where they end: every message once, whatever stands between them."""

import datetime
import json
from decimal import Decimal

import pytest

from ingestion.results import Outcome
from lake.errors import ConfigurationError, EnvironmentFault
from tests.integration.kafka.topics import SOURCE, Topics, events

pytestmark = pytest.mark.kafka


def test_messages_land_with_where_they_are_from(topics: Topics) -> None:
    topics.create(partitions=3)
    topics.declare(headers=True)
    headers = [("trace", b"a1"), ("trace", b"\xff"), ("empty", None)]
    topics.produce(events([1]), partition=2, key=b"k\x00", timestamp=1_700_000_000_123,
                   headers=headers)  # fmt: skip
    topics.produce(events(range(2, 12)), partition=0)
    result = topics.ingest()
    assert (result.rows_read, result.rows_landed) == (11, 11)
    row = topics.rows(where="id = 1")[0]
    assert row["price"] == Decimal("0.25")
    assert (row["_kafka_topic"], row["_kafka_partition"], row["_kafka_offset"]) == (
        topics.topic, 2, 0,
    )  # fmt: skip
    time = datetime.datetime(2023, 11, 14, 22, 13, 20, 123_000, datetime.UTC)
    assert row["_kafka_timestamp"] == time
    assert row["_kafka_key"] == b"k\x00"
    assert json.loads(row["_kafka_headers"]) == [
        ["trace", "a1"],
        ["trace", None, "/w=="],
        ["empty", None],
    ]
    assert topics.ingest().outcome is Outcome.NOTHING_NEW
    topics.produce(events([12]), partition=1)
    assert topics.ingest().rows_landed == 1
    assert topics.ids() == list(range(1, 13))


def test_many_messages_in_several_chunks(topics: Topics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.connectors.kafka.reading.CHUNK_MESSAGES", 700)
    topics.create(partitions=2)
    topics.declare()
    for partition in (0, 1):
        topics.produce(events(range(partition, 20_000, 2)), partition)
    assert topics.ingest().rows_landed == 20_000
    assert topics.ids() == list(range(20_000))


def test_messages_of_transactions(topics: Topics) -> None:
    """Fault aborted-transaction: no rows, and markers at the end of a topic are passed over."""
    topics.create()
    topics.declare()
    topics.produce_in_transaction(events([1, 2]), commit=True)
    topics.produce_in_transaction(events([3]), commit=False)
    assert topics.ingest().rows_landed == 2
    assert topics.ids() == [1, 2]
    assert topics.ingest().outcome is Outcome.NOTHING_NEW  # no more than markers there
    topics.produce_in_transaction(events([4]), commit=False)
    result = topics.ingest()
    assert (result.rows_read, result.outcome) == (0, Outcome.LANDED)  # the position has moved
    assert topics.ingest().outcome is Outcome.NOTHING_NEW
    topics.produce(events([5]))
    assert topics.ingest().rows_landed == 1
    assert topics.ids() == [1, 2, 5]


def test_an_open_transaction_is_waited_for_by_no_one(topics: Topics) -> None:
    from confluent_kafka import Producer

    topics.create()
    topics.declare()
    topics.produce(events([1]))
    producer = Producer({**topics.client, "transactional.id": topics.topic})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topics.topic, b'{"id": 2}', partition=0)
    producer.flush(30)
    topics.produce(events([3]))
    assert topics.ingest().rows_landed == 1
    producer.commit_transaction(30)
    assert topics.ingest().rows_landed == 2
    assert topics.ids() == [1, 2, 3]


def test_a_compacted_topic(topics: Topics) -> None:
    """Offsets are missing within it and at its end."""
    topics.create(
        cleanup_policy="compact", segment_ms="100", min_cleanable_dirty_ratio="0.01",
        max_compaction_lag_ms="100", delete_retention_ms="0",
    )  # fmt: skip
    topics.declare(tombstones="ignore")
    for number in range(40):
        topics.produce(events([number]), key=b"same")
    topics.produce([None], key=b"same")
    topics.produce(events([100]), key=b"other")
    result = topics.ingest()
    assert result.rows_read == result.rows_landed
    assert topics.ids()[-1] == 100
    assert topics.ingest().outcome is Outcome.NOTHING_NEW


def test_partitions_that_are_added(topics: Topics) -> None:
    """Fault partition-added: read from its first message; nothing is waited for in empty ones."""
    topics.create(partitions=1)
    topics.declare()
    assert topics.ingest().outcome is Outcome.LANDED  # an empty table that knows its topic
    topics.produce(events([1]))
    assert topics.ingest().rows_landed == 1
    topics.add_partitions(4)
    topics.produce(events([2, 3]), partition=3)
    assert topics.ingest().rows_landed == 2
    assert topics.ids() == [1, 2, 3]


def test_several_topics_of_one_table(topics: Topics) -> None:
    other = f"{topics.topic}.other"
    topics.create()
    topics.create(name=other)
    topics.declare(topics=[topics.topic, other])
    topics.produce(events([1, 2]))
    topics.produce(events([3]), name=other)
    assert topics.ingest().rows_landed == 3
    assert {(row["id"], row["_kafka_topic"]) for row in topics.rows()} == {
        (1, topics.topic), (2, topics.topic), (3, other),
    }  # fmt: skip


def test_a_topic_that_is_not_there(topics: Topics) -> None:
    topics.create()
    topics.declare(topics=f"{topics.topic}s")
    with pytest.raises(ConfigurationError, match="has no topic") as refused:
        topics.ingest()
    assert topics.topic in refused.value.fix
    assert f"{SOURCE}.yml" in refused.value.fix


def test_no_broker(topics: Topics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.connectors.kafka.cluster.REQUEST_SECONDS", 1)
    topics.declare()
    topics.set_secrets(CLICKS_KAFKA="127.0.0.1:9")
    with pytest.raises(EnvironmentFault, match="does not answer"):
        topics.ingest()


def test_properties_of_librdkafka(topics: Topics) -> None:
    topics.create()
    topics.declare()
    topics.produce(events([1]))
    properties = {"CLICKS_KAFKA": topics.servers, "CLICKS_KAFKA__CLIENT_ID": "me"}
    topics.set_secrets(**properties)
    assert topics.ingest().rows_landed == 1
    topics.set_secrets(**properties, CLICKS_KAFKA__NO_SUCH="1")
    with pytest.raises(ConfigurationError, match="no.such"):
        topics.ingest()
    topics.set_secrets(**properties, CLICKS_KAFKA__ISOLATION_LEVEL="read_uncommitted")
    with pytest.raises(ConfigurationError, match="isolation.level cannot be set"):
        topics.ingest()
    topics.set_secrets(
        **properties, CLICKS_KAFKA__SECURITY_PROTOCOL="sasl_plaintext",
        CLICKS_KAFKA__SASL_MECHANISM="PLAIN", CLICKS_KAFKA__SASL_USERNAME="me",
        CLICKS_KAFKA__SASL_PASSWORD="s3cret-word",  # pragma: allowlist secret
    )  # fmt: skip
    with pytest.raises((ConfigurationError, EnvironmentFault)) as refused:
        topics.ingest()
    assert "s3cret" not in str(refused.value)
