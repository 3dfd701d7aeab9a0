"""How far a table has been landed: a JSON table property <-> Progress, committed with rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lake.errors import EnvironmentFault

PROPERTY = "firn.progress"
_FORMAT = 2


@dataclass(frozen=True)
class Progress:
    """What the last load of a table left behind, `record` being its row of ops.loads.

    `position` is how far its connector has read the source, opaque to all but the connector;
    `content` a hash of everything that a full load read; `earlier` the records of loads before it
    that were not yet written to ops.loads.
    """

    load_id: str = ""
    ingested_at: str = ""
    position: Mapping[str, Any] | None = None
    content: str | None = None
    record: dict[str, Any] = field(default_factory=dict)
    earlier: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> Progress:
        """Read the progress out of a table's properties; a table never loaded has none.

        Raises EnvironmentFault when the property is there but cannot be understood.
        """
        text = properties.get(PROPERTY)
        if text is None:
            return cls()
        try:
            values = json.loads(text)
            written_as = values.pop("format")
            if written_as == 1:
                values = _of_format_1(values)
            elif written_as != _FORMAT:
                raise ValueError(f"format {written_as}")
            return cls(**values)
        except (ValueError, KeyError, TypeError) as error:
            raise EnvironmentFault(
                f"the table property {PROPERTY} cannot be understood: {error!r}",
                "it was written by a newer Firn (upgrade), or by hand (restore the value)",
            ) from None

    def as_property(self) -> dict[str, str]:
        """Return the table property that holds this progress."""
        return {PROPERTY: json.dumps({"format": _FORMAT, **asdict(self)}, sort_keys=True)}

    def next_ingested_at(self, now: datetime) -> datetime:
        """Return the `_ingested_at` of the next load: `now`, but always after the last one's."""
        if not self.ingested_at:
            return now.astimezone(UTC)
        last = datetime.fromisoformat(self.ingested_at)
        return max(now.astimezone(UTC), last + timedelta(microseconds=1))


def _of_format_1(values: dict[str, Any]) -> dict[str, Any]:
    """Return progress from when positions were those of PostgreSQL: a cursor, the upstream's hash.

    Files had neither, and have no position now.
    """
    cursor, upstream = values.pop("cursor"), values.pop("upstream")
    is_known = cursor is not None or upstream is not None
    position = {"version": 0, "cursor": cursor, "upstream": upstream} if is_known else None
    return {**values, "position": position}
