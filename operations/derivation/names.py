"""Names for columns that a derivation adds."""

from collections.abc import Container
from itertools import count


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


class Names:
    """A source of names that nothing else in a query has."""

    def __init__(self) -> None:
        """Begin with the first one."""
        self._numbers = count(1)
        self._values: list[str] = []

    def new(self) -> str:
        """Return a name that was not given before."""
        return f"_firn_{next(self._numbers)}"

    def of_values(self, width: int) -> list[str]:
        """Return names for the columns of a set of values, the same ones each time."""
        while len(self._values) < width:
            self._values.append(self.new())
        return self._values[:width]

    def free(self, wanted: str, taken: Container[str]) -> str:
        """Return the wanted name, or a new one where it is taken."""
        return self.new() if wanted in taken else wanted
