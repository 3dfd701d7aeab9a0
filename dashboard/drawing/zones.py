"""Times in the viewer's zone: an Arrow table of UTC times -> the same times as clocks show them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

if TYPE_CHECKING:
    import pyarrow as pa

UTC = "UTC"


@cache
def zones() -> list[str]:
    """Return the names of all time zones, UTC first."""
    return [UTC, *sorted(name for name in available_timezones() if "/" in name)]


def known_zone(name: str | None) -> str:
    """Return the zone of that name, UTC where there is none."""
    try:
        return ZoneInfo(name or UTC).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def localized(table: pa.Table, zone: str) -> pa.Table:
    """Return the table with each time as a clock in that zone shows it; dates stay as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for number, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.tz:
            there = table.column(number).cast(pa.timestamp("us", zone))
            clock = pc.local_timestamp(there)
            table = table.set_column(number, field.name, clock)
    return table
