"""The SQL of a load: declaration, upstream table, bounds -> statements, every name quoted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ingestion.connectors.postgres.declaration import PostgresTable, upstream_name
from ingestion.connectors.postgres.types import UpstreamColumn, quoted
from ingestion.connectors.postgres.upstream import UpstreamTable
from ingestion.connectors.postgres.watermark import Cursor, Watermark
from ingestion.declarations import Infinity, NewColumns, PersonalData
from ingestion.declarations.naming import is_own_name
from lake.types import DataType

RESCUED = "_rescued"
_TEXT = DataType("string")
ORDERED_BELOW_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class ReadColumn:
    """One column of the result: what it lands as, where it comes from, and whether as a token."""

    name: str
    data_type: DataType
    upstream: UpstreamColumn | None = None
    is_token: bool = False
    infinity: Infinity | None = None
    is_json: bool = False


@dataclass(frozen=True)
class ReadPlan:
    """What is read of one table: columns in order, `_rescued` last, and what it was decided from.

    `rescued` names undeclared columns kept as JSON, `evolved` those landed as columns.
    """

    table: PostgresTable
    upstream: UpstreamTable
    columns: tuple[ReadColumn, ...]
    rescued: tuple[str, ...]
    evolved: tuple[ReadColumn, ...]


def plan_columns(table: PostgresTable, upstream: UpstreamTable) -> ReadPlan:
    """Decide which upstream columns are read and how; new ones by the declared policy."""
    declared = tuple(
        ReadColumn(
            column.name,
            column.data_type,
            upstream.column(upstream_name(column)),
            column.personal_data is PersonalData.TOKEN,
            column.infinity,
            column.is_json,
        )
        for column in table.landed_columns
    )
    undeclared = upstream.undeclared(table)
    taken = {column.name for column in table.columns}
    evolved = tuple(
        ReadColumn(column.name, _TEXT if column.is_array else column.best_type, column)
        for column in undeclared
        if table.new_columns is NewColumns.EVOLVE
        and is_own_name(column.name)
        and column.name not in taken
    )
    landed = {column.name for column in evolved}
    rescued = tuple(column.name for column in undeclared if column.name not in landed)
    kept = (ReadColumn(RESCUED, _TEXT),) if rescued else ()
    return ReadPlan(
        table=table,
        upstream=upstream,
        columns=(*declared, *evolved, *kept),
        rescued=rescued,
        evolved=evolved,
    )


def plan_keys(plan: ReadPlan) -> ReadPlan:
    """Return a plan that reads nothing but the key columns, in the order of the declared key."""
    by_name = {column.name: column for column in plan.columns}
    columns = tuple(by_name[name] for name in plan.table.key)
    return ReadPlan(plan.table, plan.upstream, columns, (), ())


def select_rows(plan: ReadPlan, lower: str | None, watermark: Watermark | None) -> str:
    """Return the query of a load; without a `watermark` it reads all rows.

    `lower` is the cursor of the last row landed, as text that PostgreSQL wrote.
    """
    expressions = [_expression(plan, column) for column in plan.columns]
    condition = f" where {_condition(plan, lower, watermark)}" if watermark else ""
    return f"select {', '.join(expressions)} from {plan.upstream.relation} as t{condition}" + (
        _order(plan) if watermark is None else ""
    )


def literal(value: Cursor, kind: str) -> str:
    """Return a cursor value as an SQL literal of the cursor column's type.

    A `timestamp` without time zone ignores the offset and is thus compared as UTC, as it is landed.
    """
    if isinstance(value, int):
        return str(int(value))
    return f"'{value.isoformat()}'::{kind}"


def _condition(plan: ReadPlan, lower: str | None, watermark: Watermark) -> str:
    """Rows above the last cursor and below the watermark, and those no load would ever reach."""
    upstream = plan.upstream.cursor_of(plan.table)
    if watermark.upper is None:
        raise ValueError(f"{plan.table.label} cannot be read incrementally")
    cursor = f"t.{quoted(upstream.name)}"
    kind = {"timestamptz": "timestamptz", "timestamp": "timestamp", "date": "date"}.get(
        upstream.base, "bigint"
    )
    within = f"{cursor} < {literal(watermark.upper, kind)}"
    if lower is not None:
        within += f" and {cursor} > '{_checked(lower)}'::{kind}"
    conditions = [f"({within})"]
    if not upstream.is_not_null:
        conditions.append(f"{cursor} is null")
    if watermark.future is not None:
        conditions.append(f"{cursor} >= {literal(watermark.future, kind)}")
    return " or ".join(conditions)


def _checked(lower: str) -> str:
    """Return stored progress only when it is a date, a time or a whole number."""
    if not lower.lstrip("-").isdecimal():
        datetime.fromisoformat(lower)
    return lower


def _expression(plan: ReadPlan, column: ReadColumn) -> str:
    if column.upstream is not None:
        return column.upstream.expression(
            column.data_type,
            is_token=column.is_token,
            infinity=column.infinity,
            is_json=column.is_json,
        )
    names = ", ".join(f"t.{quoted(name)}" for name in plan.rescued)
    return f"(select to_jsonb(rescued) from (select {names}) as rescued)::text"


def _order(plan: ReadPlan) -> str:
    """Order small tables, so that rows moved within the file do not look like a change."""
    size = plan.upstream.bytes
    if size is None or size > ORDERED_BELOW_BYTES:
        return ""
    names = (plan.table.upstream_name(name) for name in plan.table.key)
    return " order by " + ", ".join(f"t.{quoted(name)}" for name in names)
