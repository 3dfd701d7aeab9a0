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

    def new(self) -> str:
        """Return a name that was not given before."""
        return f"_firn_{next(self._numbers)}"

    def free(self, wanted: str, taken: Container[str]) -> str:
        """Return the wanted name, or a new one where it is taken."""
        return self.new() if wanted in taken else wanted
