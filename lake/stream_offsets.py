"""How far each model has read its upstreams: the model's own commits -> its stream offsets.

The macros of `macros/streams` write them into the commit that consumed the rows, as the snapshot
property `firn.positions.<schema>.<model>`, and ask for them by way of `dbt_firn`.
"""

from __future__ import annotations

import json
from typing import Any

from lake.lake import Identifier, Lake
from lake.snapshots import Metadata, line_of

PROPERTY = "firn.positions."


def stream_offsets(lake: Lake, reader: Identifier) -> dict[str, Any]:
    """Return what a model consumed last, as its own commits say it.

    A hash of what the model was made by (`definition`), by upstream table the snapshot and
    sequence number (`streams`), and the upstreams that had no snapshot (`empty`). The newest
    snapshot carries it; where maintenance committed last, one before it. Empty for a table that is
    not there or whose commits say nothing. Raises EnvironmentFault as `ancestors` does.
    """
    return offsets_in(lake.metadata(reader) or {}, reader)


def offsets_in(metadata: Metadata, reader: Identifier) -> dict[str, Any]:
    """Return the same by what a model's metadata file says."""
    name = PROPERTY + ".".join(reader)
    for snapshot in line_of(metadata):
        if text := snapshot["summary"].get(name):
            return dict(json.loads(text))
    return {}
