"""Encodes row groups in threads: Arrow tables -> open Parquet files, one at a time in each."""

from __future__ import annotations

import contextlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

# One thread encodes more slowly than two cores can parse.
THREADS = 2


@dataclass
class OpenFile:
    """A data file to which row groups are written, one after the other."""

    path: str
    stream: Any
    writer: pq.ParquetWriter
    _encoding: Future[None] | None = None

    @property
    def is_free(self) -> bool:
        """Whether no row group of it is being encoded."""
        return self._encoding is None or self._encoding.done()

    @property
    def size(self) -> int:
        """The bytes written so far."""
        return int(self.stream.tell())

    def close(self) -> tuple[int, pq.FileMetaData]:
        """End a file that is free; return its size and its footer."""
        self.writer.close()
        size = self.size
        self.stream.close()
        return size, self.writer.writer.metadata

    def abandon(self) -> None:
        """Leave it as it is; it will be removed."""
        with contextlib.suppress(OSError):  # it may be the disk that is full
            self.stream.close()

    def encoded_in(self, pool: ThreadPoolExecutor, rows: pa.Table) -> Future[None]:
        """Begin to write a row group."""
        self._encoding = pool.submit(self.writer.write_table, rows, rows.num_rows)
        return self._encoding


@dataclass
class Encoders:
    """The threads of one load, and the row groups that are under way."""

    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS))
    _under_way: deque[Future[None]] = field(default_factory=deque)

    def wait_for_one(self) -> None:
        """Return when a thread is free. Raises what went wrong with an earlier row group."""
        while len(self._under_way) >= THREADS:
            self._under_way.popleft().result()

    def encode(self, file: OpenFile, rows: pa.Table) -> None:
        """Have rows written to a file that is free, as one row group."""
        self._under_way.append(file.encoded_in(self._pool, rows))

    def wait_for_all(self) -> None:
        """Return when nothing is under way. Raises what went wrong with a row group."""
        while self._under_way:
            self._under_way.popleft().result()

    def stop(self) -> None:
        """End the threads, when they are done with what is under way, whatever comes of it."""
        wait(self._under_way)
        self._pool.shutdown()
