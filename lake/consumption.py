"""How far a reader had read a table some time ago: the reader's own commits -> Consumption.

Rows may leave a staging table when every reader has had them for so long. A reader says how far it
has read in each commit that consumed rows; here its newest commit of that time counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lake.lake import Identifier, Lake
from lake.snapshots import ancestors
from lake.stream_offsets import PROPERTY

Snapshots = list[Mapping[str, Any]]


@dataclass(frozen=True)
class Consumption:
    """How far `reader` (such as silver.checkout__orders) has read a table.

    `then` is the sequence number that it had read up to at a moment, and still has; 0 is nothing.
    `now` is the one it has read up to by now. `reason` says why it is nothing, where it is.
    """

    reader: str
    then: int = 0
    now: int = 0
    reason: str = ""


def consumption(
    lake: Lake, table: Identifier, line: Snapshots, reader: Identifier, moment: datetime
) -> Consumption:
    """Return how far `reader` has read `table`, whose snapshots are `line`, newest first.

    A position that is no ancestor of the table's newest snapshot counts for nothing: its reader has
    to read the table in full. Raises EnvironmentFault as `ancestors` does.
    """
    name, label = ".".join(table), ".".join(reader)
    commits = list(_commits(lake, reader, name))
    if not commits:
        return Consumption(label, reason="has not read it yet")
    _, newest = commits[0]
    if newest is None or newest["snapshot"] not in {str(s["snapshot-id"]) for s in line}:
        return Consumption(label, reason="has to read it in full again")
    now = int(newest["sequence"])
    then = next((position for at, position in commits if at <= moment), None)
    if then is None:
        return Consumption(label, now=now, reason="has not read it for long enough")
    # less than `now` unless the reader was set back since: then it has lost what came after
    return Consumption(label, min(int(then["sequence"]), now), now)


def readers_of(lake: Lake, table: Identifier) -> set[Identifier]:
    """Return the tables of the lake whose newest commits say that they have read `table`.

    Raises EnvironmentFault when the catalog or a metadata file cannot be read.
    """
    name = ".".join(table)
    tables = (reader for reader, pointer in lake.pointers().items() if not pointer.is_view)
    return {reader for reader in tables if next(_commits(lake, reader, name), (None, None))[1]}


def _commits(
    lake: Lake, reader: Identifier, table: str
) -> Iterator[tuple[datetime, Mapping[str, str] | None]]:
    """Yield when a reader committed and the position in `table` it had then, newest first."""
    key = PROPERTY + ".".join(reader)
    for snapshot in ancestors(lake, reader):
        if text := snapshot["summary"].get(key):
            at = datetime.fromtimestamp(snapshot["timestamp-ms"] / 1000, UTC)
            yield at, json.loads(text).get("streams", {}).get(table)
