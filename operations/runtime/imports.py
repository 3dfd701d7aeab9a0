"""Keeps a library out that nothing here calls: less to load at each start."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


class _Without(MetaPathFinder):
    """Says of one package that it is not installed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> None:
        """Raise ModuleNotFoundError for the package; leave all others to the next finder."""
        if name == self._package:
            raise ModuleNotFoundError(f"{name} is left out of this process", name=name)


def leave_out_pandas() -> None:
    """Let pyarrow do without pandas, which it loads, if it can, with the first value it converts.

    It costs 0.3 s of CPU and 40 MB in every process, and `firn` converts nothing to or from it.
    """
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _Without("pandas"))
