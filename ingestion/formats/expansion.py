"""How much a file may become when it is unpacked: its size + what is declared -> a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.formats.base import BadFileError, OwnWords, Readable

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

TOO_LARGE = "too_large"
ALWAYS_BYTES = 64 * 1024 * 1024  # so much is never too much, however small the file is


class BoundedExpansion:
    """The unpacked bytes of a file of `size` bytes, `times` as many at most."""

    def __init__(self, stream: Readable, size: int, times: int) -> None:
        """Read `stream`, which unpacks the file."""
        self._stream = stream
        self._size = size
        self._times = times
        self._left = _allowed(size, times)

    def read(self, size: int, /) -> bytes:
        """Return the next bytes. Raises BadFileError as soon as there are too many."""
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(
                f"unpacked, it has more than {_allowed(self._size, self._times):,}",
                self._size,
                self._times,
            )
        return data


def require_bounded(footer: FileMetaData, size: int, times: int) -> None:
    """Raise BadFileError where the footer of a Parquet file promises more than it may become.

    No value takes less than a byte in memory, however little it takes in the file.
    """
    groups = (footer.row_group(number) for number in range(footer.num_row_groups))
    encoded = sum(
        max(group.total_byte_size, group.num_rows * footer.num_columns) for group in groups
    )
    if encoded > _allowed(size, times):
        raise _too_large(f"by its footer, it becomes {encoded:,}", size, times)


def _allowed(size: int, times: int) -> int:
    return max(size * times, ALWAYS_BYTES)


def _too_large(what: str, size: int, times: int) -> BadFileError:
    return BadFileError(
        TOO_LARGE,
        OwnWords(
            f"{what} bytes, and {size:,} packed; at most {times} times as many are read: if that is"
            " meant, declare a greater `max_expansion`"
        ),
    )
