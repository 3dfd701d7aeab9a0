"""What to do with rows of quarantine: the rows + the raw table -> a decision for each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ingestion.connectors.base import ROW_ID, Cursor
from ingestion.declarations import TableDeclaration
from ingestion.declarations.columns import INGESTED_AT, IS_DELETED, LOAD_ID
from ingestion.raw_tables.duckdb_join import landed_schema, open_duckdb, stream_rows
from ingestion.raw_tables.load_metadata import REPLAY
from ingestion.raw_tables.scan import read_chunks

if TYPE_CHECKING:
    from pyiceberg.table import Table

QUARANTINED_AT, IS_FIT = "_quarantined_at", "_is_fit"


class Decision(Enum):
    """What becomes of a row of quarantine.

    READY: it is landed now. DUPLICATE: the same version is, as another row. LANDED: a load has
    landed the version since. SUPERSEDED: a load has landed a later version of the row, or its
    deletion. WAITING: the next ordinary load reads it again. UNFIT: it cannot be landed as it is.
    """

    READY = auto()
    DUPLICATE = auto()
    LANDED = auto()
    SUPERSEDED = auto()
    WAITING = auto()
    UNFIT = auto()


@dataclass(frozen=True)
class RowDecision:
    """What becomes of one row, with the load that it rests on where there is one."""

    what: Decision
    load_id: str | None = None


def version_columns(table: TableDeclaration) -> tuple[str, ...]:
    """Return what tells one version of a row from another: its key, and the cursor if any."""
    cursor = (table.cursor,) if table.cursor else ()
    return tuple(dict.fromkeys((*table.key, *cursor)))


def decide_by_version(
    raw: Table, declaration: TableDeclaration, reached: Cursor | None, quarantined: pa.Table
) -> Mapping[str, RowDecision]:
    """Return a decision by row id for `quarantined`.

    It has the version columns, `_row_id`, `_quarantined_at` and `_is_fit`.

    A version is put back only if loads have passed it (its cursor is not above `reached`, the
    greatest landed) and none has landed it. A table without a cursor is read in full each time,
    so that nothing of it has to be put back. Replays do not count as later versions by their time.
    """
    cursor = declaration.cursor
    keys = ", ".join(f'"{name}"' for name in declaration.key)
    version = f'"{cursor}"' if cursor else "null::int"
    columns = (*version_columns(declaration), INGESTED_AT, LOAD_ID, IS_DELETED)
    with open_duckdb() as connection:
        connection.register("quarantined", quarantined)
        chunks = (chunk(columns) for chunk in read_chunks(raw))
        connection.register("raw", stream_rows(raw, columns, chunks))
        connection.execute(
            f"create temp table candidates as select *, {version} as _version from quarantined"
        )
        connection.execute(
            f"create temp table landed as select {keys}, {version} as _landed_version,"
            f" {INGESTED_AT}, {LOAD_ID}, {IS_DELETED} from raw semi join candidates using ({keys})"
        )
        found = connection.execute(
            _QUERY.format(keys=keys), {"reached": reached, "is_full": cursor is None}
        )
        return {row_id: _decision(*rest) for row_id, *rest in found.fetchall()}


_QUERY = f"""
with compared as (
    select {ROW_ID}, {IS_FIT}, {QUARANTINED_AT}, _version, {{keys}},
        arg_min({LOAD_ID}, {INGESTED_AT}) filter (_landed_version = _version) as landed_by,
        arg_max({LOAD_ID}, {INGESTED_AT}) filter (
            (not {IS_FIT} and _landed_version > _version)
            or (
                {INGESTED_AT} > {QUARANTINED_AT}
                and not starts_with({LOAD_ID}, '{REPLAY}')
                and ({IS_DELETED} or $is_full or (not {IS_FIT} and _version is null))
            )
        ) as superseded_by
    from candidates left join landed using ({{keys}})
    group by all
)
select {ROW_ID}, {IS_FIT}, landed_by, superseded_by, coalesce(_version <= $reached, false),
    row_number() over (
        partition by {{keys}}, _version, {IS_FIT} order by {QUARANTINED_AT} desc, {ROW_ID}
    ) = 1
from compared
"""


def as_candidates(
    raw: Table,
    declaration: TableDeclaration,
    rows: pa.Table,
    quarantined_at: Mapping[str, datetime],
) -> pa.Table:
    """Return typed `rows` as `decide_by_version` wants them; a version not read is null.

    Whether they are fit to be landed is theirs to say, in the column `_is_fit`.
    """
    columns = {
        field.name: rows.column(field.name).cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in landed_schema(raw, version_columns(declaration))
    }
    ids = rows.column(ROW_ID)
    times = pa.array([quarantined_at[i] for i in ids.to_pylist()], pa.timestamp("us", "UTC"))
    return pa.table({**columns, ROW_ID: ids, QUARANTINED_AT: times, IS_FIT: rows.column(IS_FIT)})


def _decision(
    is_fit: bool, landed_by: str | None, superseded_by: str | None, is_passed: bool, is_first: bool
) -> RowDecision:
    if landed_by:
        return RowDecision(Decision.LANDED, landed_by)
    if superseded_by:
        return RowDecision(Decision.SUPERSEDED, superseded_by)
    if not is_fit:
        return RowDecision(Decision.UNFIT)
    if not is_passed:
        return RowDecision(Decision.WAITING)
    return RowDecision(Decision.READY if is_first else Decision.DUPLICATE)


def landed_origins(
    raw: Table, columns: Sequence[str], wanted: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], str]:
    """Return which rows of the source the raw table holds, each with the load that landed it.

    `wanted` are values of `columns`, which say where a row is from; the first is always known, a
    number or a text without quotes, None in another place stands for any value.
    """
    among = ", ".join(repr(value) for value in sorted({origin[0] for origin in wanted}))
    scan = raw.scan(f"{columns[0]} in ({among})", selected_fields=(*columns, LOAD_ID))
    found: dict[tuple[Any, ...], str] = {}
    for batch in scan.to_arrow_batch_reader():
        for row in batch.to_pylist():
            whole = tuple(row[name] for name in columns)
            for origin in (whole, (whole[0], *(None for _ in whole[1:]))):
                if origin in wanted:
                    found[origin] = row[LOAD_ID]
    return found
