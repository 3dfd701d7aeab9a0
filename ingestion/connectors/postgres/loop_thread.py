"""An event loop in a thread of its own: coroutines from any thread -> their results."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopThread:
    """Runs coroutines beside the threads that parse and write."""

    def __init__(self) -> None:
        """Start the thread; it ends with the process or at `close`."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="copy", daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Begin `work` and return its future result at once."""
        return asyncio.run_coroutine_threadsafe(_read_at_its_end(work), self._loop)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run `work` to its end and return its result, or raise what it raises."""
        return self.start(work).result()

    def close(self) -> None:
        """Cancel what still runs and end the thread."""
        self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


async def _read_at_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Do `work`; asyncio must not complain of an error for which a cancelled future has no room."""
    task = asyncio.current_task()
    if task is not None:
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await work


async def _cancel_others() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
