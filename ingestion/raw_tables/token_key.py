"""Which key made a table's tokens: table properties <-> the mark of the key, never the key.

Tokens of two keys never match, so a table holds those of one. The mark is committed with the first
rows, and compared before any others are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.raw_tables.load_metadata import LoadMetadata
from lake.errors import TokenKeyError

PROPERTY, SINCE = "firn.token_key", "firn.token_key_since"


@dataclass(frozen=True)
class TokenKey:
    """The key of a table's tokens: its mark, and the load that made all of them anew with it.

    `since` is that load's `_ingested_at`. Both are empty where nothing is known of them.
    """

    mark: str = ""
    since: str = ""

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> TokenKey:
        """Read it out of a table's properties."""
        return cls(properties.get(PROPERTY, ""), properties.get(SINCE, ""))

    def after(self, load: LoadMetadata, mark: str, *, is_rotated: bool) -> TokenKey:
        """Return what the table says after a load with the key of that mark."""
        return TokenKey(mark, load.ingested_at.isoformat() if is_rotated else self.since)

    def require(self, label: str, mark: str) -> None:
        """Raise TokenKeyError if the table's tokens were made with another key than this one."""
        if self.mark and mark and self.mark != mark:
            raise TokenKeyError(
                f"{label}: its tokens were made with another key than FIRN_TOKEN_KEY is now; new"
                " ones would match none of them",
                "set the former key again; where the new one is meant: firn rotate-key makes all"
                " tokens anew",
            )

    def as_properties(self) -> dict[str, str]:
        """Return the table properties that say so, none for a table without tokens."""
        known = {PROPERTY: self.mark, SINCE: self.since} if self.mark else {}
        return {name: value for name, value in known.items() if value}


NO_KEY = TokenKey()
