"""What became of a run's models, as dbt says it -> rows of ops.refreshes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dbt_firn.refresh_notes import Note
from lake.lake import Identifier, Lake, identifier_of
from lake.settings import Settings
from lake.snapshots import ancestors
from operations.refresh.history import (
    TASK_VARIABLE,
    TRIGGER_VARIABLE,
    Mode,
    Outcome,
    Refresh,
    Trigger,
)

SUCCESS = "success"
OUTCOMES = {SUCCESS: Outcome.SUCCESS, "skipped": Outcome.SKIPPED}
TABLES = ("incremental", "table", "dynamic_table")
MAXIMUM_ERROR_LENGTH = 2_000


def refreshes_of(
    lake: Lake,
    settings: Settings,
    results: Sequence[Any],
    run_id: str,
    notes: Mapping[str, Note],
) -> list[Refresh]:
    """Return the refreshes of a run's models; one that had nothing to do is left out.

    `results` are dbt's, as `on-run-end` has them; `notes` say by table what was planned.
    """
    records = _Records(
        lake,
        run_id,
        settings.variable(TASK_VARIABLE),
        Trigger(settings.variable(TRIGGER_VARIABLE) or Trigger.DBT),
    )
    return [
        records.of(result, note)
        for result in results
        if _is_table(result.node)
        for note in [notes.get(_table(result.node), Note())]
        if not (result.status == SUCCESS and note.mode == Mode.SKIPPED)
    ]


@dataclass(frozen=True)
class _Records:
    lake: Lake
    run_id: str
    tasks: str | None
    trigger: Trigger

    def of(self, result: Any, note: Note) -> Refresh:  # noqa: ANN401 - dbt's own
        """Return one model's refresh."""
        table, outcome = _table(result.node), OUTCOMES.get(str(result.status), Outcome.FAILED)
        started, finished = _times(result)
        ended: dict[str, Any] = {}
        if outcome == Outcome.SUCCESS:
            written, deleted = _rows(self.lake, table, started)
            ended = {"rows_written_count": written, "rows_deleted_count": deleted}
        elif outcome == Outcome.FAILED:
            ended = {"error": str(result.message or "")[:MAXIMUM_ERROR_LENGTH]}
        is_skipped = outcome == Outcome.SKIPPED
        return Refresh(
            refresh_id=f"{self.run_id}:{result.node.unique_id}",
            run_id=self.run_id,
            started_at=started,
            finished_at=finished,
            outcome=outcome,
            model_name=table,
            task_name=self._task_of(result.node.name),
            trigger=self.trigger,
            mode=Mode.SKIPPED if is_skipped else _mode(note),
            reason="an upstream failed or was skipped" if is_skipped else note.reason or None,
            affected_keys_count=note.affected_keys,
            **ended,
        )

    def _task_of(self, model: str) -> str | None:
        """Return the task of a model: its own, else all that the run is for."""
        return model if self.tasks and model in self.tasks.split(",") else self.tasks


def _is_table(node: Any) -> bool:  # noqa: ANN401
    return node.resource_type == "model" and node.config.materialized in TABLES


def _table(node: Any) -> str:  # noqa: ANN401
    return f"{node.schema}.{node.alias}"


def _mode(note: Note) -> Mode | None:
    return Mode(note.mode) if note.mode else None


def _times(result: Any) -> tuple[datetime, datetime]:  # noqa: ANN401
    """Return when a node began and ended; one that did not run did both now."""
    moments = [m for t in result.timing for m in (t.started_at, t.completed_at) if m]
    if not moments:
        now = datetime.now(UTC)
        return now, now
    return _utc(min(moments)), _utc(max(moments))


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rows(lake: Lake, table: str, since: datetime) -> tuple[int, int]:
    """Return how many rows the commits since a time wrote and deleted, by their own summaries."""
    written = deleted = 0
    for snapshot in _commits(lake, identifier_of(table), since):
        summary = snapshot["summary"]
        written += int(summary.get("added-records", 0))
        deleted += int(summary.get("deleted-records", 0))
        deleted += int(summary.get("added-position-deletes", 0))
        deleted -= int(summary.get("removed-position-deletes", 0))
    return written, deleted


def _commits(lake: Lake, table: Identifier, since: datetime) -> Iterator[Mapping[str, Any]]:
    for snapshot in ancestors(lake, table):
        if snapshot["timestamp-ms"] < since.timestamp() * 1000:
            return
        yield snapshot
