"""The sandbox's clickstream: embedded broker -> topic filled once -> its address in firn.env."""

from collections.abc import Callable

from lake.errors import EnvironmentFault
from lake.settings import Settings
from sandbox import clickstream
from sandbox.control.env_file import remember
from sandbox.kafka.broker import EmbeddedKafka

SERVERS = "CLICKSTREAM_KAFKA"


def clickstream_broker(settings: Settings) -> EmbeddedKafka:
    """Return the broker that holds the sandbox's topic, started or not."""
    return EmbeddedKafka(settings.home / "sandbox" / "kafka", settings)


def start_clickstream(
    settings: Settings, *, sessions: int = clickstream.SESSIONS, days: int = clickstream.DAYS
) -> clickstream.Delivered | None:
    """Start the broker; the first time, fill its topic. Return what was delivered, if anything.

    Writes the broker's address into firn.env (mode 0600), keeping what stands there.
    """
    broker = clickstream_broker(settings)
    broker.start()
    remember(settings.env_file, {SERVERS: broker.servers})
    if clickstream.is_filled(broker.servers):
        return None
    return clickstream.fill(broker.servers, sessions=sessions, days=days)


def advance_clickstream(settings: Settings, days: int) -> clickstream.Delivered:
    """Let so many days pass for the stream.

    Raises EnvironmentFault when the broker does not run, ConfigurationError as `advance` does.
    """
    return clickstream.advance(_running(settings).servers, days)


def produce_clickstream(
    settings: Settings, rate: float, seconds: float | None, is_stopped: Callable[[], bool]
) -> clickstream.Counts:
    """Produce events in the present, `rate` a second, for so many seconds or until stopped.

    Raises EnvironmentFault when the broker does not run.
    """
    return clickstream.produce(_running(settings).servers, rate, seconds, is_stopped)


def remove_clickstream(settings: Settings) -> None:
    """Stop the broker and delete its messages; no effect when there is none."""
    clickstream_broker(settings).destroy()


def _running(settings: Settings) -> EmbeddedKafka:
    broker = clickstream_broker(settings)
    if not broker.is_running:
        raise EnvironmentFault(
            "the sandbox's Kafka is not running", "firn sandbox start clickstream"
        )
    return broker
