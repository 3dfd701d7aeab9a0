"""What `firn status` knows, as rows: LakeStatus -> Arrow tables of sources, raw and gold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dashboard.reading.freshness import Declared, Freshness, declared_freshness
from lake.settings import Settings
from operations.monitoring.status.model import (
    GoldStatus,
    LakeStatus,
    RawStatus,
    SourceStatus,
    as_moment,
)

if TYPE_CHECKING:
    import pyarrow as pa


def read_status(settings: Settings) -> LakeStatus:
    """Ask the lake and all declared sources. Raises FirnError when the catalog cannot be read."""
    from operations.monitoring.status.status import lake_status

    return lake_status(settings)


def source_rows(status: LakeStatus, settings: Settings) -> pa.Table:
    """Return for each source when it landed last, how long ago, and whether that is too long."""
    import pyarrow as pa

    folder = settings.project_dir / "models" / "raw"
    rows = [
        _source(source, declared_freshness(folder / f"{source.name}.yml"), status.at)
        for source in status.sources
    ]
    times = pa.timestamp("us", "UTC")
    schema = pa.schema(
        [
            ("source", pa.string()),
            ("hours_since_landing", pa.float64()),
            ("state", pa.string()),
            ("landed_at", times),
            ("declared_limit_hours", pa.float64()),
            ("fault", pa.string()),
            ("what_to_do", pa.string()),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def raw_rows(status: LakeStatus) -> pa.Table:
    """Return a row for each declared raw table: how new, what waits, how its last load ended."""
    import pyarrow as pa

    fields: dict[str, tuple[pa.DataType, Callable[[RawStatus], Any]]] = {
        "table_name": (pa.string(), lambda table: table.label),
        "rows_count": (pa.int64(), lambda table: table.rows),
        "newest_event_at": (_times(), lambda table: _moment(table.newest_event.value)),
        "landed_at": (_times(), lambda table: table.landed_at),
        "quarantined_count": (pa.int64(), lambda table: table.quarantined),
        "waiting": (pa.string(), lambda table: table.remaining and table.remaining.text),
        "last_load": (pa.string(), lambda table: table.last_load and table.last_load.outcome.value),
        "said": (pa.string(), lambda table: table.last_load and table.last_load.message),
    }
    rows = [
        {name: read(table) for name, (_, read) in fields.items()}
        for source in status.sources
        for table in source.tables
    ]
    schema = pa.schema([(name, kind) for name, (kind, _) in fields.items()])
    return pa.Table.from_pylist(rows, schema=schema)


def gold_rows(status: LakeStatus) -> pa.Table:
    """Return a row for each gold table: how many rows, the newest, when built, what is wrong."""
    import pyarrow as pa

    rows = [_gold(table) for table in status.gold]
    schema = pa.schema(
        [
            ("table_name", pa.string()),
            ("rows_count", pa.int64()),
            ("newest_at", _times()),
            ("built_at", _times()),
            ("explanation", pa.string()),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def _source(source: SourceStatus, declared: Declared, at: datetime) -> dict[str, Any]:
    landed = max((t.landed_at for t in source.tables if t.landed_at), default=None)
    fresh = Freshness(source.name, at, landed, declared)
    limit = fresh.exceeded or declared.warn_after
    return {
        "source": source.name,
        "hours_since_landing": fresh.age and round(fresh.age.total_seconds() / 3600, 2),
        "state": fresh.state,
        "landed_at": landed,
        "declared_limit_hours": limit and limit.total_seconds() / 3600,
        "fault": source.fault.message if source.fault else None,
        "what_to_do": _fix(source, fresh),
    }


def _fix(source: SourceStatus, fresh: Freshness) -> str | None:
    if source.fault:
        return source.fault.fix
    return None if fresh.state == "fresh" else f"firn ingest {source.name}"


def _gold(table: GoldStatus) -> dict[str, Any]:
    fault = table.fault
    return {
        "table_name": table.table,
        "rows_count": table.rows,
        "newest_at": _moment(table.newest.value),
        "built_at": table.written_at,
        "explanation": f"{fault.message}: {fault.fix}" if fault else table.explanation,
    }


def _moment(value: Any) -> datetime | None:  # noqa: ANN401 - a date, a time or a number
    try:
        return None if value is None else as_moment(value).astimezone(UTC)
    except TypeError:  # a cursor that is a number
        return None


def _times() -> pa.DataType:
    import pyarrow as pa

    return pa.timestamp("us", "UTC")
