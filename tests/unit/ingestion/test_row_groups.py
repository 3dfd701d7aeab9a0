"""Row groups that threads encode: how many at once, and what becomes of one that fails."""

import io
import threading
from collections.abc import Iterator
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.raw_tables.row_groups import THREADS, Encoders, OpenFile

SECONDS = 20
ROWS = pa.table({"a": [1, 2]})


class Writer:
    """Writes when it may, or fails."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.may_write = threading.Event()
        self.fault = fault
        self.written: list[int] = []

    def write_table(self, rows: pa.Table, row_group_size: int) -> None:
        """Note the size of a row group."""
        assert self.may_write.wait(SECONDS)
        if self.fault:
            raise self.fault
        assert rows.num_rows == row_group_size
        self.written.append(row_group_size)


def open_file(writer: object) -> OpenFile:
    """Return a file that is written with `writer`."""
    return OpenFile("a.parquet", io.BytesIO(), cast("Any", writer))


@pytest.fixture
def encoders() -> Iterator[Encoders]:
    """Return encoders that are stopped with the test."""
    encoders = Encoders()
    yield encoders
    encoders.stop()


def test_a_file_is_free_when_its_row_group_is_written(encoders: Encoders) -> None:
    writer = Writer()
    file = open_file(writer)
    assert file.is_free
    encoders.encode(file, ROWS)
    assert not file.is_free
    writer.may_write.set()
    encoders.wait_for_all()
    assert file.is_free
    assert writer.written == [2]


def test_no_more_are_under_way_than_there_are_threads(encoders: Encoders) -> None:
    writers = [Writer() for _ in range(THREADS)]
    for writer in writers:
        encoders.wait_for_one()
        encoders.encode(open_file(writer), ROWS)
    waiting = threading.Thread(target=encoders.wait_for_one, daemon=True)
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    for writer in writers:
        writer.may_write.set()
    waiting.join(SECONDS)
    assert not waiting.is_alive()


def test_what_fails_is_raised_even_if_later_row_groups_are_written(encoders: Encoders) -> None:
    broken, whole = Writer(OSError("no room")), Writer()
    for writer in (broken, whole):
        writer.may_write.set()
        encoders.encode(open_file(writer), ROWS)
    with pytest.raises(OSError, match="no room"):
        encoders.wait_for_all()


def test_stopping_waits_for_what_is_under_way_and_raises_nothing(encoders: Encoders) -> None:
    broken = Writer(OSError("no room"))
    encoders.encode(open_file(broken), ROWS)
    stopping = threading.Thread(target=encoders.stop, daemon=True)
    stopping.start()
    stopping.join(0.2)
    assert stopping.is_alive()
    broken.may_write.set()
    stopping.join(SECONDS)
    assert not stopping.is_alive()


def test_a_closed_file_has_its_row_groups_in_order(encoders: Encoders) -> None:
    stream = pa.BufferOutputStream()
    file = OpenFile("a.parquet", stream, pq.ParquetWriter(stream, ROWS.schema))
    for start in (0, 10):
        encoders.encode(file, pa.table({"a": [start, start + 1]}))
        encoders.wait_for_all()
    size, footer = file.close()
    assert footer.num_row_groups == 2
    content = stream.getvalue()
    assert size == content.size
    assert pq.read_table(pa.BufferReader(content)).column("a").to_pylist() == [0, 1, 10, 11]
