"""Streams a query out of PostgreSQL: COPY … (format text) -> blocks of whole rows in a channel."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ingestion.connectors.channel import Channel
from ingestion.connectors.postgres.transaction import copy_encoding
from lake.errors import LoadError
from lake.settings import Failpoint

if TYPE_CHECKING:
    import asyncpg

BLOCK_BYTES = 4 * 1024 * 1024
SMALL_CHUNK_BYTES = 64 * 1024
GATHER_SECONDS = 0.001
ROW_END = b"\n"


class BlockCollector:
    """Joins the chunks of one COPY to blocks of about 4 MB that end where a row ends.

    asyncpg hands over whole CopyData messages, and PostgreSQL puts exactly one row in each, so a
    chunk never splits a row, whatever line ends its texts hold.
    """

    def __init__(self, blocks: Channel[bytes], failpoint: Failpoint | None) -> None:
        """Send blocks to `blocks`; `failpoint` lets a test die after the first of them."""
        self._blocks = blocks
        self._failpoint = failpoint
        self._chunks: list[bytes] = []
        self._size = 0

    async def take(self, chunk: bytes) -> None:
        """Add a chunk; hand a full block over without holding up the event loop.

        PostgreSQL sends 8 kB at a time. Waking up for each of them costs more than parsing it, so
        after a small chunk the socket gets a millisecond to fill.
        """
        if not chunk.endswith(ROW_END):
            raise LoadError("COPY delivered half a row", "report this with the version of asyncpg")
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size >= BLOCK_BYTES:
            await self.flush()
        elif len(chunk) < SMALL_CHUNK_BYTES:
            await asyncio.sleep(GATHER_SECONDS)

    async def flush(self) -> None:
        """Hand over what has been collected, if anything."""
        if not self._chunks:
            return
        block = b"".join(self._chunks)
        self._chunks.clear()
        self._size = 0
        await asyncio.get_running_loop().run_in_executor(None, self._blocks.put, block)
        Failpoint.MID_COPY.reached(self._failpoint)


async def copy_blocks(
    connection: asyncpg.Connection,
    query: str,
    blocks: Channel[bytes],
    failpoint: Failpoint | None = None,
) -> int:
    """Run `query` through COPY into `blocks` and return the number of rows PostgreSQL sent."""
    collector = BlockCollector(blocks, failpoint)
    status = await connection.copy_from_query(
        query, output=collector.take, format="text", encoding=copy_encoding(connection)
    )
    await collector.flush()
    return int(status.removeprefix("COPY "))
