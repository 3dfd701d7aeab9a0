"""What the broker lost before it was read: named by partition, passed over only on request."""

import pytest

from ingestion.api import ingest
from ingestion.results import Event, Outcome, TableProgress
from lake.errors import DataLossError, FirnError
from tests.integration.kafka.topics import Topics, events

pytestmark = pytest.mark.kafka


def test_retention_that_passed_the_reader(topics: Topics) -> None:
    """Fault lost-offsets."""
    topics.create(partitions=2)
    topics.declare()
    for partition in (0, 1):
        topics.produce(events(range(10 * partition, 10 * partition + 10)), partition)
    topics.ingest()
    for partition in (0, 1):
        topics.produce(events(range(100 + partition * 10, 110 + partition * 10)), partition)
    topics.delete_before(1, 15)
    before = topics.ids()
    with pytest.raises(DataLossError) as lost:
        topics.ingest()
    assert f"{topics.topic}[1] from offset 10 to 14 (messages were deleted" in lost.value.message
    assert f"{topics.topic}[0]" not in lost.value.message
    assert "--accept-gap" in lost.value.fix
    assert lost.value.exit_code == 3
    assert topics.ids() == before
    result = topics.ingest(accept_gap=True)
    assert result.rows_landed == 15
    gaps = topics.lake.rows("ops.gaps")
    assert [(g["partition"], g["first_missing_offset"], g["next_offset"]) for g in gaps] == [
        (f"{topics.topic}[1]", 10, 15)
    ]
    assert gaps[0]["load_id"] == topics.rows(where="id = 119")[0]["_load_id"]
    assert topics.ingest(accept_gap=True).outcome is Outcome.NOTHING_NEW
    assert len(topics.lake.rows("ops.gaps")) == 1


def test_all_that_was_not_read_is_gone(topics: Topics) -> None:
    """A gap without a row behind it is a commit, so that it is told once."""
    topics.create()
    topics.declare()
    topics.produce(events([1]))
    topics.ingest()
    topics.produce(events([2]))
    topics.delete_before(0, 2)
    with pytest.raises(DataLossError):
        topics.ingest()
    assert topics.ingest(accept_gap=True).outcome is Outcome.LANDED
    assert topics.ingest().outcome is Outcome.NOTHING_NEW
    assert len(topics.lake.rows("ops.gaps")) == 1


def test_a_topic_that_is_read_for_the_first_time_has_lost_nothing(topics: Topics) -> None:
    topics.create()
    topics.declare()
    topics.produce(events(range(10)))
    topics.delete_before(0, 4)
    assert topics.ingest().rows_landed == 6


@pytest.mark.parametrize("count", [3, 10, 30], ids=["shorter", "as long", "longer"])
def test_a_topic_that_was_made_anew(topics: Topics, count: int) -> None:
    """Fault topic-made-anew: it is told by its id, however long it is."""
    topics.create()
    topics.declare()
    topics.produce(events(range(10)))
    topics.ingest()
    topics.delete()
    topics.create()
    topics.produce(events(range(1000, 1000 + count)))
    with pytest.raises(DataLossError, match="deleted and made anew") as lost:
        topics.ingest()
    assert f"{topics.topic}[0] from offset 10 (" in lost.value.message
    assert topics.ingest(accept_gap=True).rows_landed == count
    assert topics.ids() == [*range(10), *range(1000, 1000 + count)]
    (gap,) = topics.lake.rows("ops.gaps")
    assert (gap["first_missing_offset"], gap["next_offset"]) == (10, None)


def test_a_topic_that_is_made_anew_while_it_is_read(
    topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault topic-made-anew: messages of either are never mixed in one load."""
    monkeypatch.setattr("ingestion.connectors.kafka.reading.CHUNK_MESSAGES", 100)
    topics.create()
    topics.declare()
    topics.produce(events(range(5_000)))
    seen: list[Event] = []

    def make_anew(event: Event) -> None:
        if isinstance(event, TableProgress) and not seen:
            seen.append(event)
            topics.delete()
            topics.create()
            topics.produce(events(range(10_000, 20_000)))

    with pytest.raises(FirnError):
        ingest([], None, topics.settings, make_anew)
    assert seen
    assert topics.rows() == []
    assert topics.ingest().rows_landed == 10_000
    assert topics.ids() == list(range(10_000, 20_000))


def test_a_new_partition_that_has_lost_its_first_messages(topics: Topics) -> None:
    topics.create()
    topics.declare()
    topics.ingest()
    topics.add_partitions(2)
    topics.produce(events(range(5)), partition=1)
    topics.delete_before(1, 2)
    with pytest.raises(DataLossError, match="from offset 0 to 1"):
        topics.ingest()


def test_a_full_refresh_would_lose_what_the_broker_deleted(topics: Topics) -> None:
    topics.create()
    topics.declare()
    topics.produce(events(range(10)))
    topics.ingest()
    assert topics.ingest(full_refresh=True).rows_landed == 10
    topics.delete_before(0, 6)
    with pytest.raises(DataLossError, match="from offset 0 to 5") as lost:
        topics.ingest(full_refresh=True)
    assert "--full-refresh --accept-gap" in lost.value.fix
    assert topics.ids() == list(range(10))
    assert topics.ingest(full_refresh=True, accept_gap=True).rows_landed == 4
    assert topics.ids() == [6, 7, 8, 9]
