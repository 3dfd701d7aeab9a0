"""A channel ends promptly on either side, whoever waits."""

import threading

import pytest

from ingestion.connectors.channel import AbandonedError, Channel

DEADLINE_SECONDS = 10


def test_a_receiver_that_waits_ends_when_the_channel_is_abandoned() -> None:
    channel: Channel[int] = Channel(1)
    received: list[int] = []
    waiting = threading.Thread(target=lambda: received.extend(channel), daemon=True)
    waiting.start()
    channel.put(1)
    channel.abandon()
    waiting.join(DEADLINE_SECONDS)
    assert not waiting.is_alive()
    with pytest.raises(AbandonedError):
        channel.put(2)


def test_a_sender_that_waits_ends_when_the_channel_is_abandoned() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    ended = threading.Event()

    def send() -> None:
        with pytest.raises(AbandonedError):
            channel.put(2)
        ended.set()

    threading.Thread(target=send, daemon=True).start()
    channel.abandon()
    assert ended.wait(DEADLINE_SECONDS)


def test_the_error_that_a_sender_ended_with_is_raised_at_the_receiver() -> None:
    channel: Channel[int] = Channel(2)
    channel.put(1)
    channel.end(ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        list(channel)
