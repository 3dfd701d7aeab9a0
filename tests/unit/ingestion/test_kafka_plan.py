"""What is planned to be read of topics: every offset once, or told as lost."""

from hypothesis import given
from hypothesis import strategies as st

from ingestion.connectors.kafka.plan import FoundTopic, Offsets, plan
from ingestion.connectors.kafka.position import KafkaPosition, Reached, TopicPosition

NOTHING = KafkaPosition()


def _stored(offset: int, topic_id: str | None = "a") -> KafkaPosition:
    return KafkaPosition({"t": TopicPosition(topic_id, {0: Reached(offset, 5)})})


def _found(first: int, end: int, topic_id: str | None = "a") -> dict[str, FoundTopic]:
    return {"t": FoundTopic(topic_id, {0: Offsets(first, end, 6)})}


def test_a_position_is_stored_and_read_back() -> None:
    position = KafkaPosition(
        {"t": TopicPosition("a", {11: Reached(3, 1), 2: Reached(7)}), "s": TopicPosition(None, {})}
    )
    assert KafkaPosition.of(position.stored()) == position
    assert str(position) == "s; t 2:7 11:3"


def test_it_goes_on_where_it_was_with_the_epoch_it_knew() -> None:
    (part,) = plan(_stored(4), _found(0, 9)).ranges
    assert (part.start, part.end, part.epoch) == (4, 9, 5)


def test_a_log_that_was_cut_is_told() -> None:
    planned = plan(_stored(9), _found(0, 4))
    (gap,) = planned.gaps
    assert (gap.since, gap.until) == (4, 9)
    assert [(part.start, part.end) for part in planned.ranges] == [(4, 4)]


def test_a_broker_without_ids_has_the_same_topic() -> None:
    assert not plan(_stored(4), _found(0, 9, topic_id=None)).gaps
    assert not plan(_stored(4, topic_id=None), _found(0, 9)).gaps
    assert plan(_stored(4), _found(0, 9, topic_id="b")).gaps


def test_a_partition_that_is_gone_is_told_and_kept_in_the_position() -> None:
    planned = plan(_stored(4), {"t": FoundTopic("a", {})})
    (gap,) = planned.gaps
    assert (gap.partition, gap.since, gap.until) == ("t[0]", 4, None)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30),  # messages that arrive
            st.integers(0, 40),  # retention deletes before this offset
            st.integers(0, 30),  # messages that are read before the load stops
        ),
        max_size=20,
    )
)
def test_every_offset_is_read_or_told_as_lost_exactly_once(
    history: list[tuple[int, int, int]],
) -> None:
    position, first, end = NOTHING, 0, 0
    seen: list[int] = []
    for arrived, deleted, read in history:
        end += arrived
        first = max(first, min(deleted, end))
        planned = plan(position, _found(first, end))
        (part,) = planned.ranges
        for gap in planned.gaps:
            assert gap.until is not None
            seen += range(gap.since, gap.until)
        if position == NOTHING:
            seen += range(part.start)  # what was gone before it was ever read
        stop = min(part.start + read, part.end)
        seen += range(part.start, stop)
        position = planned.position({("t", 0): Reached(stop)})
    assert seen == list(range(len(seen)))
