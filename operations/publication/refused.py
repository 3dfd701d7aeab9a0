"""What the last refused run had come to, for `dbt retry` and `dbt test` to go on from.

A file of FIRN_HOME has its nodes and how they ended; what it wrote stands in tags of the tables.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import BaseModel, ValidationError

from lake.lake import Lake
from lake.settings import Settings
from operations.publication.areas import EndedNode
from operations.publication.book import read_state
from operations.publication.run import RECORDS, Run

FILE = "refused.json"
RUN_RESULTS = "target/run_results.json"


class RefusedRun(BaseModel):
    """A run of which something was not published, and how its nodes ended.

    `after` is the last entry in the book of publications when it began.
    """

    invocation_id: str
    after: int
    nodes: tuple[EndedNode, ...]


def keep_refused(settings: Settings, run: Run, nodes: Sequence[EndedNode]) -> None:
    """Keep what a refused run had come to, in the place of the one before; no nodes: of none."""
    file = settings.home / RECORDS / FILE
    if not nodes:
        file.unlink(missing_ok=True)
        return
    refused = RefusedRun(invocation_id=run.invocation_id, after=run.after, nodes=tuple(nodes))
    unfinished = file.with_suffix(".new")
    unfinished.write_text(refused.model_dump_json(), encoding="utf-8")
    unfinished.replace(file)


def refused_before(settings: Settings, lake: Lake, command: str) -> RefusedRun | None:
    """Return the refused run that a dbt command goes on from, None for one that begins anew.

    `dbt test` looks at the last one; `dbt retry` at the one that dbt itself tries again. None after
    a rollback: what a run made of rows that were taken back would bring them again. Raises
    EnvironmentFault when the lake cannot be read.
    """
    file = settings.home / RECORDS / FILE
    if command not in {"retry", "test"}:
        return None
    try:
        refused = RefusedRun.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
    is_meant = command == "test" or _last_invocation(settings) == refused.invocation_id
    return refused if is_meant and read_state(lake).rollback_id <= refused.after else None


def _last_invocation(settings: Settings) -> str:
    """Return the invocation that dbt's last results are of."""
    try:
        results = json.loads((settings.home / RUN_RESULTS).read_bytes())
        return str(results["metadata"]["invocation_id"])
    except (OSError, ValueError, KeyError):
        return ""
