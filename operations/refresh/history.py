"""Refreshes of models -> ops.refreshes: one row per model and run, added in one commit per run.

What dbt builds by hand stands here too. `task` and `trigger` are what the refresher tells the dbt
that it runs, by FIRN_TASK and FIRN_TRIGGER.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from lake.lake import Lake
from lake.retry import retry_on_conflict
from lake.system_tables import append_rows

IDENTIFIER = ("ops", "refreshes")
TASK_VARIABLE, TRIGGER_VARIABLE = "FIRN_TASK", "FIRN_TRIGGER"
COLUMNS = {
    "refresh_id": "string",
    "run_id": "string",
    "task_name": "string",
    "trigger": "string",
    "model_name": "string",
    "mode": "string",
    "reason": "string",
    "affected_keys_count": "bigint",
    "rows_written_count": "bigint",
    "rows_deleted_count": "bigint",
    "started_at": "timestamp",
    "finished_at": "timestamp",
    "seconds": "double",
    "outcome": "string",
    "error": "string",
}


class Trigger(StrEnum):
    """What asked for a refresh."""

    DBT = "dbt"  # somebody ran dbt
    MANUAL = "manual"  # firn tasks run
    SCHEDULE = "schedule"
    ARRIVAL = "arrival"


class Mode(StrEnum):
    """How a model was refreshed."""

    INCREMENTAL = "incremental"
    FULL = "full"
    SKIPPED = "skipped"  # nothing was new, or the task was not to run


class Outcome(StrEnum):
    """How a refresh ended."""

    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"  # of a task or model that did not run; `reason` says why


@dataclass(frozen=True)
class Refresh:
    """One refresh of one model, or of a task that came to no model (`model_name` is None).

    `model_name` is its table, such as gold.fct_orders. `affected_keys_count` counts the keys that
    an incremental refresh looked at; None where all were.
    """

    refresh_id: str
    run_id: str
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    model_name: str | None = None
    task_name: str | None = None
    trigger: Trigger = Trigger.DBT
    mode: Mode | None = None
    reason: str | None = None
    affected_keys_count: int | None = None
    rows_written_count: int | None = None
    rows_deleted_count: int | None = None
    error: str | None = None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.finished_at - self.started_at).total_seconds()

    def document(self) -> dict[str, object]:
        """Return it as a row of ops.refreshes."""
        return {**asdict(self), "seconds": self.seconds}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Refresh:
        """Return what a row of ops.refreshes says."""
        given = {field.name: row[field.name] for field in fields(cls)}
        mode, trigger = given["mode"], given["trigger"]
        return cls(
            **given
            | {"outcome": Outcome(given["outcome"]), "trigger": Trigger(trigger)}
            | {"mode": Mode(mode) if mode else None}
        )


def record_refreshes(lake: Lake, refreshes: Sequence[Refresh]) -> None:
    """Add refreshes to ops.refreshes in one commit. Raises EnvironmentFault without a catalog."""
    if refreshes:
        rows = [refresh.document() for refresh in refreshes]
        retry_on_conflict(lambda: append_rows(lake, IDENTIFIER, COLUMNS, rows))


def last_refreshes(lake: Lake, model: str, count: int) -> list[Refresh]:
    """Return the last refreshes of a model by its table, the newest first."""
    table = lake.table(IDENTIFIER)
    if table is None:
        return []
    rows = table.scan(row_filter=f"model_name = '{model}'").to_arrow()
    newest = rows.sort_by([("started_at", "descending")]).slice(0, count)
    return [Refresh.of(row) for row in newest.to_pylist()]


def modes_since(lake: Lake, moment: datetime) -> list[dict[str, Any]]:
    """Return model_name, mode and finished_at of the refreshes of models that ended after a moment.

    Raises EnvironmentFault without a catalog.
    """
    table = lake.table(IDENTIFIER)
    if table is None:
        return []
    columns = ("model_name", "mode", "finished_at")
    chosen = f"finished_at > '{moment.isoformat()}' and model_name is not null and mode is not null"
    rows: list[dict[str, Any]] = table.scan(chosen, selected_fields=columns).to_arrow().to_pylist()
    return rows
