"""A broker by its variable: properties for librdkafka, topics and their offsets, faults named."""

from __future__ import annotations

import difflib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._topic import TopicDescription
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from ingestion.connectors.kafka.declaration import KafkaSource
from ingestion.connectors.kafka.plan import FoundTopic, Offsets
from ingestion.connectors.kafka.tls import certificate_fault
from lake.errors import ConfigurationError, EnvironmentFault, FirnError
from lake.settings import Settings

REQUEST_SECONDS = 15
POLL_SECONDS = 0.02
RETRY_SECONDS = 0.2
NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"  # what a broker says that gives topics no ids
SERVERS = "bootstrap.servers"
# What exactly-once rests on is not for a variable to change.
OWN = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "enable.partition.eof": True,
    "check.crcs": True,
}
# A partition whose messages wait here is asked for more after a second, unless this says sooner: a
# load takes what waits in far less.
QUICK = {"fetch.queue.backoff.ms": 5}
REFUSED_LOGINS = {
    KafkaError._AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED,
}
FORBIDDEN = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
}
# What a broker says that has just become, or is just becoming, the leader of a partition.
NO_LEADER = {
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.REQUEST_TIMED_OUT,
}
_silent = logging.getLogger("firn.librdkafka")  # errors are told by exceptions, not by its log
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


class Cluster:
    """A source's broker: what it holds, and consumers of it."""

    def __init__(
        self, source: KafkaSource, settings: Settings, seconds: float | None = None
    ) -> None:
        """Read the properties from the variables; nothing is connected yet.

        `seconds` is how long each question may take. Raises ConfigurationError.
        """
        self._source = source
        self._seconds = REQUEST_SECONDS if seconds is None else seconds
        self._last_error: KafkaError | None = None
        self._consumer: Consumer | None = None
        self._properties = _properties(source, settings)

    def topics(self, names: Sequence[str]) -> dict[str, FoundTopic]:
        """Return the topics with the offsets of all their partitions.

        Raises ConfigurationError for topics that do not exist or must not be read, EnvironmentFault
        when the broker does not answer.
        """
        found = self._described(names)
        partitions = {
            TopicPartition(name, part.id): None
            for name, topic in found.items()
            for part in topic.partitions
        }
        first = self._offsets(partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        end = self._offsets(partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        return {
            name: FoundTopic(
                _id(topic),
                {
                    part.id: Offsets(
                        first[name, part.id].offset,
                        end[name, part.id].offset,
                        end[name, part.id].leader_epoch,
                    )
                    for part in topic.partitions
                },
            )
            for name, topic in found.items()
        }

    def ids(self, names: Sequence[str]) -> dict[str, str | None]:
        """Return what tells the topics from others of the same names. Raises as `topics` does."""
        found = self._described(names)
        return {name: _id(topic) for name, topic in found.items()}

    @contextmanager
    def consuming(self, partitions: Sequence[TopicPartition]) -> Iterator[Consumer]:
        """Yield the consumer of `partitions`: it belongs to no group and commits nothing.

        It is the same one each time, and a new one after a failure. Raises FirnError for what
        Kafka's client raises inside.
        """
        if self._consumer is None:
            properties: dict[str, Any] = {"group.id": "firn", **QUICK, **self._properties, **OWN}
            properties["error_cb"] = self._note_error
            self._consumer = Consumer(properties, logger=_silent)
        try:
            self._consumer.assign(list(partitions))
            yield self._consumer
            self._consumer.unassign()
        except BaseException as error:
            self.close()
            if isinstance(error, KafkaException):
                raise self.fault(error) from None
            raise

    def close(self) -> None:
        """Close the consumer, if there is one."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()

    def fault(self, error: KafkaException | KafkaError | None = None) -> FirnError:
        """Return what a failure means: a login, a right, or a broker that is not there."""
        given = error.args[0] if isinstance(error, KafkaException) else error
        told = self._last_error
        known = given if given is not None and given.code() >= 0 else told or given
        label, variable = self._source.name, self._source.connection
        if known is not None and _is_tls(known):
            why = certificate_fault(self._properties[SERVERS], self._properties)
            return ConfigurationError(
                f"{label}: there is no TLS with the broker: {why or _said(known)}",
                f"see {variable} and {variable}__SSL_*: SSL_CA_LOCATION is the authority that"
                " signed its certificate, SSL_CERTIFICATE_LOCATION the client's own",
            )
        if known is not None and known.code() in REFUSED_LOGINS:
            return ConfigurationError(
                f"{label}: the broker refuses the login: {_said(known)}",
                f"see {variable}__SECURITY_PROTOCOL, {variable}__SASL_* and {variable}__SSL_*",
            )
        if known is not None and known.code() in FORBIDDEN:
            return ConfigurationError(
                f"{label}: the broker does not let its topics be read: {_said(known)}",
                "give the user the rights DESCRIBE and READ on them",
            )
        return EnvironmentFault(
            f"{label}: the broker does not answer{': ' + _said(known) if known else ''}",
            f"is it running, and is {variable} its address? firn doctor looks",
        )

    def _described(self, names: Sequence[str]) -> dict[str, TopicDescription]:
        described = self._admin.describe_topics(
            TopicCollection(list(names)), request_timeout=self._seconds
        )
        found, missing = {}, []
        for name in names:
            try:
                found[name] = self._result(described[name])
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise self.fault(error) from None
                missing.append(name)
        if missing:
            raise self._no_topics(missing)
        return found

    @cached_property
    def _admin(self) -> AdminClient:
        """The client that asks. Raises ConfigurationError for what librdkafka does not know."""
        properties: dict[str, Any] = {**self._properties, "error_cb": self._note_error}
        try:
            return AdminClient(properties, logger=_silent)
        except KafkaException as error:
            variable = self._source.connection
            raise ConfigurationError(
                f"{self._source.name}: {_said(error.args[0])}",
                f"see {variable} and the variables that begin with {variable}__",
            ) from None

    def _note_error(self, error: KafkaError) -> None:
        if self._last_error is None or error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._last_error = error

    def _offsets(
        self, partitions: Mapping[TopicPartition, None], spec: OffsetSpec
    ) -> dict[tuple[str, int], Any]:
        """Return the offset of each partition that `spec` asks for, of committed messages."""
        if not partitions:
            return {}

        def offsets() -> dict[tuple[str, int], Any]:
            asked = self._admin.list_offsets(
                dict.fromkeys(partitions, spec),
                isolation_level=IsolationLevel.READ_COMMITTED,
                request_timeout=self._seconds,
            )
            return {(at.topic, at.partition): self._result(f) for at, f in asked.items()}

        # a client that consumes asks again by itself, one that administers does not
        attempts = Retrying(
            retry=retry_if_exception(_is_brief),
            stop=stop_after_delay(self._seconds),
            wait=wait_fixed(RETRY_SECONDS),
            reraise=True,
        )
        try:
            return attempts(offsets)
        except KafkaException as error:
            raise self.fault(error) from None

    def _result(self, future: Future[Any]) -> Any:  # noqa: ANN401
        """Wait for an answer, but not for one of a broker that has refused the login."""
        end = time.monotonic() + 2 * self._seconds
        while not future.done() and time.monotonic() < end:
            wait([future], timeout=POLL_SECONDS)
            self._admin.poll(0)
            if self._last_error is not None and _is_refused(self._last_error):
                raise self.fault()
        if not future.done():
            raise self.fault()
        return future.result()

    def _no_topics(self, missing: Sequence[str]) -> FirnError:
        try:
            known = sorted(self._admin.list_topics(timeout=self._seconds).topics)
        except KafkaException as error:
            return self.fault(error)
        near = [name for topic in missing for name in difflib.get_close_matches(topic, known, 1)]
        shown = near or known[:5]
        return ConfigurationError(
            f"{self._source.name}: the broker has no topic {', '.join(missing)}",
            f"correct `topics` in {self._source.file.name}"
            + (f"; it has {', '.join(shown)}" if shown else "; it has no topics yet"),
        )


def _properties(source: KafkaSource, settings: Settings) -> dict[str, Any]:
    variable = source.connection
    servers = settings.connection(variable, example="host:9092,other:9092").get_secret_value()
    given = {
        name.lower().replace("_", "."): value
        for name, value in settings.secrets(f"{variable}__").items()
    }
    if forbidden := sorted(given.keys() & {*OWN, SERVERS}):
        raise ConfigurationError(
            f"{source.name}: {', '.join(forbidden)} cannot be set",
            f"exactly once rests on it; unset {variable}__{forbidden[0].upper().replace('.', '_')}",
        )
    return {SERVERS: servers, **given}


def _is_refused(error: KafkaError) -> bool:
    """Whether a broker has said no, and will say it again."""
    return error.code() in REFUSED_LOGINS or _is_tls(error)


def _is_tls(error: KafkaError) -> bool:
    """Whether there is no TLS; a broker tells by an alert what it thinks of a client."""
    return bool(error.code() == KafkaError._SSL) or "SSL alert" in str(error.str())


def _is_brief(error: BaseException) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() in NO_LEADER


def _id(topic: TopicDescription) -> str | None:
    return None if str(topic.topic_id) == NO_ID else str(topic.topic_id)


def _said(error: KafkaError) -> str:
    return str(error.str()).removeprefix("Broker: ")
