"""The thread of the event loop: what its work ends with is always read by somebody."""

import asyncio
import gc
import threading

import pytest

from ingestion.connectors.postgres.loop_thread import LoopThread


def test_an_error_after_the_work_was_cancelled_is_no_complaint(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Fault connection-lost: a COPY that is cancelled ends with the error of its connection."""
    loop, begun, ended = LoopThread(), threading.Event(), threading.Event()

    async def copy() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise ConnectionError("the server is gone") from None
        finally:
            ended.set()

    future = loop.start(copy())
    assert begun.wait(10)
    future.cancel()
    assert ended.wait(10)
    loop.close()
    del future
    gc.collect()
    assert "never retrieved" not in caplog.text


def test_an_error_reaches_who_asked_for_the_result() -> None:
    loop = LoopThread()

    async def fail() -> None:
        raise ConnectionError("the server is gone")

    with pytest.raises(ConnectionError, match="the server is gone"):
        loop.run(fail())
    loop.close()
