"""Values that came one by one, joined as soon as they are there: bytes -> lines, and where each is.

Formats read many values as lines of one text; to join them later would cost a copy of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingestion.formats.chunks import Positions

NONE = -1
Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True)
class JoinedValues:
    """Values, each followed by a line end; `lengths` are those of the values, -1 where one is None.

    A value may hold line ends itself.
    """

    data: bytes
    lengths: Lengths

    @classmethod
    def of(cls, values: Sequence[bytes | None]) -> JoinedValues:
        """Join values."""
        try:
            data = b"\n".join([*values, b""])  # type: ignore[list-item]
            return cls(data, np.fromiter(map(len, values), np.int64, len(values)))  # type: ignore[arg-type]
        except TypeError:
            lengths = [NONE if value is None else len(value) for value in values]
            data = b"\n".join([*(value or b"" for value in values), b""])
            return cls(data, np.array(lengths, np.int64))

    @classmethod
    def all_of(cls, several: Sequence[JoinedValues]) -> JoinedValues:
        """Return all values of several."""
        data = b"".join([values.data for values in several])
        return cls(data, np.concatenate([values.lengths for values in several]))

    @property
    def ends(self) -> Positions:
        """Where the line end after each value stands."""
        return np.cumsum(np.maximum(self.lengths, 0) + 1) - 1

    @property
    def has_plain_lines(self) -> bool:
        """Whether no value holds a line end itself."""
        line_ends = np.count_nonzero(np.frombuffer(self.data, np.uint8) == ord("\n"))
        return bool(line_ends == len(self))

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self.lengths)

    def to_list(self) -> list[bytes | None]:
        """Return the values."""
        ends = self.ends.tolist()
        found = zip(ends, self.lengths.tolist(), strict=True)
        return [None if n == NONE else self.data[end - n : end] for end, n in found]

    def part(self, start: int, end: int) -> JoinedValues:
        """Return those at some positions."""
        ends = np.concatenate([[-1], self.ends])
        return JoinedValues(self.data[ends[start] + 1 : ends[end] + 1], self.lengths[start:end])

    def take(self, positions: Sequence[int]) -> JoinedValues:
        """Return those at positions."""
        values = self.to_list()
        return JoinedValues.of([values[position] for position in positions])
