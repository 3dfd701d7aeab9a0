"""How far topics were read: a stored position <-> per partition the offset to read next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingestion.connectors.base import require_version
from ingestion.connectors.batches import Position

VERSION = 1


@dataclass(frozen=True)
class Reached:
    """Where to go on in a partition: the offset of the next message, and its leader's epoch."""

    offset: int
    epoch: int | None = None


@dataclass(frozen=True)
class TopicPosition:
    """How far a topic was read, by partition; `id` tells it from another of the same name."""

    id: str | None
    partitions: Mapping[int, Reached]


@dataclass(frozen=True)
class KafkaPosition:
    """How far the topics of a table were read, by name."""

    topics: Mapping[str, TopicPosition] = field(default_factory=dict)

    @classmethod
    def of(cls, position: Position | None) -> KafkaPosition:
        """Read a stored position. Raises EnvironmentFault for one that a newer Firn wrote."""
        if position is None:
            return cls()
        stored = require_version(position, (VERSION,), "kafka")["topics"]
        return cls(
            {
                name: TopicPosition(
                    topic["id"],
                    {int(number): Reached(*reached) for number, reached in topic["at"].items()},
                )
                for name, topic in stored.items()
            }
        )

    def stored(self) -> Position:
        """Return what is stored in the table's commit."""
        return {
            "version": VERSION,
            "topics": {
                name: {
                    "id": topic.id,
                    "at": {
                        str(number): [reached.offset, reached.epoch]
                        for number, reached in sorted(topic.partitions.items())
                    },
                }
                for name, topic in sorted(self.topics.items())
            },
        }

    def __str__(self) -> str:
        """Say it to people: `clickstream 0:1200 1:1187`."""
        return "; ".join(
            " ".join([name, *(f"{n}:{r.offset}" for n, r in sorted(topic.partitions.items()))])
            for name, topic in sorted(self.topics.items())
        )
