"""What has left a table for good because every reader has it: a table property <-> Removed.

The commit that removed the rows sets the property, and carries it in its snapshot: by that streams
tell it from a table that was replaced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

PROPERTY = "firn.removed"


@dataclass(frozen=True)
class Removed:
    """How far rows have left a table; nothing has where `sequence` is 0.

    All rows are gone that snapshots added up to the sequence number `sequence`, which are those
    landed up to `ingested_at` (ISO 8601, UTC).
    """

    sequence: int = 0
    ingested_at: str = ""

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> Removed:
        """Read it out of a table's properties."""
        text = properties.get(PROPERTY)
        return cls(**json.loads(text)) if text else cls()

    def as_property(self) -> dict[str, str]:
        """Return the property that holds it."""
        return {PROPERTY: json.dumps(asdict(self), sort_keys=True)}
