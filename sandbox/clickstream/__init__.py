"""Clickstream: visitors of a shop's pages whose every step is a message on a Kafka topic."""

from sandbox.clickstream.messages import Counts, Kind
from sandbox.clickstream.stream import DAYS, SESSIONS, Delivered, advance, fill, is_filled, produce
from sandbox.clickstream.topic import PARTITIONS, TOPIC

__all__ = [
    "DAYS",
    "PARTITIONS",
    "SESSIONS",
    "TOPIC",
    "Counts",
    "Delivered",
    "Kind",
    "advance",
    "fill",
    "is_filled",
    "produce",
]
