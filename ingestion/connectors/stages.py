"""The threads of a reading, each of which hands over to the next: work + channel -> a pipeline."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ingestion.connectors.channel import AbandonedError, Channel

Stage = tuple[Callable[[], None], Channel[Any]]


class Stages:
    """Runs each stage in a thread; what it raises is raised where its channel is read.

    A stage takes from the channel of the one before it, which ends when it does.
    """

    def __init__(self, *stages: Stage) -> None:
        """Take the stages in their order: what to do, and the channel that it fills."""
        self._channels = [channel for _, channel in stages]
        self._threads = [
            threading.Thread(target=self._run, args=(number, *stage), daemon=True)
            for number, stage in enumerate(stages)
        ]

    def start(self) -> None:
        """Start all threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let all threads end that still work, and wait for them."""
        for channel in reversed(self._channels):
            channel.abandon()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int, work: Callable[[], None], into: Channel[Any]) -> None:
        try:
            work()
            into.end()
        except AbandonedError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the channel is read
            into.end(error)
        finally:
            if number:
                self._channels[number - 1].abandon()
