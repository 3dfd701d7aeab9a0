"""How far a table was read: a stored position <-> cursor and fingerprint of the upstream table."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.connectors.base import require_version
from ingestion.connectors.batches import Position

VERSION = 1
# Version 0 is what lakes hold from before positions had a version; its fields are the same.
KNOWN = (0, VERSION)


@dataclass(frozen=True)
class PostgresPosition:
    """The greatest cursor landed, as PostgreSQL writes it, and what the upstream table was like."""

    cursor: str | None = None
    upstream: str | None = None

    @classmethod
    def of(cls, position: Position | None) -> PostgresPosition:
        """Read a stored position. Raises EnvironmentFault for one that a newer Firn wrote."""
        if position is None:
            return cls()
        known = require_version(position, KNOWN, "postgres")
        return cls(known.get("cursor"), known.get("upstream"))

    def stored(self) -> Position:
        """Return what is stored in the table's commit."""
        return {"version": VERSION, "cursor": self.cursor, "upstream": self.upstream}
