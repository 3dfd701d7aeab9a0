"""What to read of each partition: stored position + offsets in the broker -> ranges, and gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ingestion.connectors.batches import Gap
from ingestion.connectors.kafka.position import KafkaPosition, Reached, TopicPosition


@dataclass(frozen=True)
class Offsets:
    """What a partition holds: from its first message to the end of what is committed."""

    first: int
    end: int
    epoch: int | None = None


@dataclass(frozen=True)
class FoundTopic:
    """A topic as the broker has it; `id` is None where the broker gives topics none."""

    id: str | None
    partitions: Mapping[int, Offsets]


@dataclass(frozen=True)
class Range:
    """What to read of one partition: from `start`, whose leader had `epoch`, until before `end`."""

    topic: str
    partition: int
    start: int
    end: int
    epoch: int | None = None


@dataclass(frozen=True)
class Plan:
    """The ranges of all partitions after `before`, what was lost meanwhile, and the topics' ids."""

    before: KafkaPosition
    ranges: tuple[Range, ...]
    gaps: tuple[Gap, ...]
    ids: Mapping[str, str | None]
    has_more: bool = False

    @property
    def lag(self) -> dict[str, int]:
        """How many offsets are to be read, by partition."""
        return {_label(part.topic, part.partition): part.end - part.start for part in self.ranges}

    def limited(self, messages: int | None) -> Plan:
        """Return a plan of at most so many messages, all partitions having their share."""
        if messages is None or sum(self.lag.values()) <= messages:
            return self
        ends: dict[tuple[str, int], int] = {}
        left = messages
        by_length = sorted(self.ranges, key=lambda part: part.end - part.start)
        for number, part in enumerate(by_length):
            count = min(part.end - part.start, left // (len(by_length) - number))
            ends[part.topic, part.partition] = part.start + count
            left -= count
        ranges = [replace(part, end=ends[part.topic, part.partition]) for part in self.ranges]
        return replace(self, ranges=tuple(ranges), has_more=True)

    def position(self, reached: Mapping[tuple[str, int], Reached]) -> KafkaPosition:
        """Return the position after partitions were read so far; others stay at their start."""
        topics: dict[str, dict[int, Reached]] = {name: {} for name in self.ids}
        for part in self.ranges:
            at = reached.get((part.topic, part.partition), Reached(part.start, part.epoch))
            topics[part.topic][part.partition] = at
        return KafkaPosition(
            {name: TopicPosition(self.ids[name], parts) for name, parts in topics.items()}
        )


def plan(
    stored: KafkaPosition, found: Mapping[str, FoundTopic], replaced: KafkaPosition | None = None
) -> Plan:
    """Return what to read of the topics `found` after the position `stored`.

    `replaced` is how far the rows had been read that a load takes the place of: what the broker has
    deleted since is lost with them.
    """
    ranges, gaps = [], []
    for name, topic in found.items():
        before = stored.topics.get(name)
        for part, gap in _of_topic(name, topic, before):
            ranges.append(part)
            gaps += [gap] if gap else []
        if replaced is not None and name in replaced.topics:
            gaps += _lost_with_rows(name, topic)
    return Plan(
        stored, tuple(ranges), tuple(gaps), {name: topic.id for name, topic in found.items()}
    )


def _of_topic(
    name: str, topic: FoundTopic, before: TopicPosition | None
) -> Iterator[tuple[Range, Gap | None]]:
    is_another = before is not None and None not in (before.id, topic.id) and before.id != topic.id
    known = before.partitions if before else {}
    for number in sorted(known.keys() - topic.partitions.keys()):
        yield (
            Range(name, number, known[number].offset, known[number].offset, known[number].epoch),
            Gap(_label(name, number), known[number].offset, None, "the partition is gone"),
        )
    for number, offsets in sorted(topic.partitions.items()):
        at = known.get(number)
        if is_another and at is not None:
            reason = "the topic was deleted and made anew"
            lost = Gap(_label(name, number), at.offset, None, reason)
            yield _from_first(name, number, offsets), lost
        elif at is None:
            # of a topic that is read for the first time nothing is lost; a partition that was added
            # since belongs to a topic that is being read from its first message on
            is_late = before is not None and not is_another and offsets.first > 0
            lost_before = _deleted(name, number, 0, offsets.first) if is_late else None
            yield _from_first(name, number, offsets), lost_before
        elif at.offset < offsets.first:
            gap = _deleted(name, number, at.offset, offsets.first)
            yield _from_first(name, number, offsets), gap
        elif at.offset > offsets.end:
            reason = "the log was cut: messages that were landed are not in it any more"
            cut = Gap(_label(name, number), offsets.end, at.offset, reason)
            yield Range(name, number, offsets.end, offsets.end, offsets.epoch), cut
        else:
            yield Range(name, number, at.offset, offsets.end, at.epoch), None


def _lost_with_rows(name: str, topic: FoundTopic) -> Iterator[Gap]:
    for number, offsets in sorted(topic.partitions.items()):
        if offsets.first > 0:
            yield _deleted(name, number, 0, offsets.first)


def _from_first(name: str, number: int, offsets: Offsets) -> Range:
    return Range(name, number, offsets.first, offsets.end)


def _deleted(name: str, number: int, since: int, until: int) -> Gap:
    return Gap(_label(name, number), since, until, "messages were deleted before they were read")


def _label(topic: str, partition: int) -> str:
    return f"{topic}[{partition}]"
