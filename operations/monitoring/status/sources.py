"""Asks all sources at the same time what they still have: declarations -> answers, or faults."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingestion.connectors.base import ConnectorContext, Remaining, TableState
from ingestion.connectors.registry import connector_of
from ingestion.connectors.remaining import ANSWER_SECONDS
from ingestion.declarations import SourceDeclaration
from ingestion.personal_data import Tokeniser
from lake.damage import damage_among
from lake.errors import EnvironmentFault, FirnError
from lake.lake import Lake
from lake.settings import Settings

# Connectors keep ANSWER_SECONDS themselves, and can then say the cause.
LONGEST_SECONDS = ANSWER_SECONDS + 3
THREAD = "asks-"


@dataclass
class Asked:
    """A source that is being asked, in a thread that nobody waits for longer than agreed."""

    source: SourceDeclaration
    settings: Settings
    states: Mapping[str, TableState]
    _remaining: Mapping[str, Remaining] = field(default_factory=dict)
    _fault: FirnError | None = None

    def __post_init__(self) -> None:
        """Begin to ask."""
        self._deadline = time.monotonic() + LONGEST_SECONDS
        name = self.source.name
        self._thread = threading.Thread(target=self._ask, name=f"{THREAD}{name}", daemon=True)
        self._thread.start()

    def answer(self) -> tuple[Mapping[str, Remaining], FirnError | None]:
        """Return what the source says of its tables, or why it says nothing."""
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        if self._thread.is_alive():
            return {}, EnvironmentFault(
                f"{self.source.name}: no answer of the source within {LONGEST_SECONDS:g} seconds",
                "firn doctor waits longer, and names the cause",
            )
        return self._remaining, self._fault

    def _ask(self) -> None:
        context = ConnectorContext(self.settings, lambda: Tokeniser(self.settings.token_key))
        try:
            kind = connector_of(self.source)
            self._remaining = kind.remaining(self.source, context, self.states)
        except FirnError as error:
            self._fault = error
        except Exception as error:  # noqa: BLE001 - whatever a library raises is the answer
            # and may quote a password
            said = f"{self.source.name}: asking it ended in {type(error).__name__}"
            asked = EnvironmentFault(said, "firn doctor looks at the source")
            tables = (table.identifier for table in self.source.tables)
            self._fault = damage_among(Lake(self.settings), tables) or asked


def leave_threads_behind() -> None:
    """End the process at once where a source still has not answered.

    Its thread waits within a library, which takes it badly when Python ends before it.
    """
    if any(thread.name.startswith(THREAD) for thread in threading.enumerate()):
        sys.stdout.flush()
        os._exit(0)


def ask(
    settings: Settings,
    sources: Sequence[SourceDeclaration],
    states: Mapping[str, Mapping[str, TableState]],
) -> dict[str, Asked]:
    """Begin to ask every source; `states` are what the lake holds of its tables, by its name."""
    return {source.name: Asked(source, settings, states[source.name]) for source in sources}
