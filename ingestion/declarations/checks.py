"""What must agree within one table's declaration: declaration -> (place in the YAML, mistake)."""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.declarations.model import (
    Finding,
    LoadMode,
    NewColumns,
    PersonalData,
    TableDeclaration,
)

CURSOR_TYPES = ("timestamp", "timestamp_ntz", "date", "int", "bigint")
TIMES = ("timestamp", "timestamp_ntz")
TIME_TRANSFORMS = {
    "hour": TIMES,
    "day": (*TIMES, "date"),
    "month": (*TIMES, "date"),
    "year": (*TIMES, "date"),
}
UNFIT_AS_KEY = ("float", "double", "array")


def check_table(table: TableDeclaration) -> Iterator[Finding]:
    """Yield everything in `table` that contradicts itself, with its place in the YAML block."""
    yield from _check_key(table)
    yield from _check_cursor(table)
    yield from _check_partitions(table)
    for column in table.columns:
        if column.is_json and column.data_type.name != "string":
            yield (), f"column {column.name}: as json is a string, declared {column.data_type}"
    for name in (c.name for c in table.columns if c.name.startswith("_")):
        yield (), f"column {name}: names that start with _ are kept for the columns Firn adds"
    if table.new_columns is NewColumns.EVOLVE and table.has_personal_data:
        yield (
            ("new_columns",),
            "evolve would land new columns of a table with personal data as they are;"
            " use rescue (values are tokenised) or freeze",
        )


def _check_key(table: TableDeclaration) -> Iterator[Finding]:
    for position, name in enumerate(table.key):
        place = ("key", position)
        if problem := _undeclared(table, name):
            yield place, f"key {name}: {problem}"
        elif (kind := table.column(name).data_type.name) in UNFIT_AS_KEY:
            yield place, f"key {name}: {_article(kind)} cannot identify a row"


def _check_cursor(table: TableDeclaration) -> Iterator[Finding]:
    place = ("cursor",)
    if table.load is LoadMode.APPEND:
        return
    if table.load is LoadMode.FULL:
        if table.cursor is not None:
            yield place, "a full load has no cursor; remove it, or use load: incremental"
        return
    if table.cursor is None:
        yield (), "load: incremental needs a cursor, the column that grows with every change"
    elif problem := _undeclared(table, table.cursor):
        yield place, f"cursor {table.cursor}: {problem}"
    elif (kind := table.column(table.cursor).data_type.name) not in CURSOR_TYPES:
        yield place, f"cursor {table.cursor}: {_article(kind)}; allowed: {', '.join(CURSOR_TYPES)}"
    elif table.column(table.cursor).personal_data:
        yield place, f"cursor {table.cursor}: personal data cannot be compared"


def _check_partitions(table: TableDeclaration) -> Iterator[Finding]:
    for position, part in enumerate(table.partition_by):
        place = ("partition_by", position)
        if problem := _undeclared(table, part.column):
            yield place, f"partition_by {part.column}: {problem}"
            continue
        kind = table.column(part.column).data_type.name
        if kind == "array":
            yield place, f"partition_by {part.column}: an array cannot be partitioned by"
            continue
        allowed = TIME_TRANSFORMS.get(part.transform, (kind,))
        if kind not in allowed or (part.transform == "bucket" and part.buckets < 1):
            yield (
                place,
                f"partition_by: {part.transform} of a {kind}; allowed: {', '.join(allowed)}",
            )


def _article(kind: str) -> str:
    return f"{'an' if kind in ('array', 'int') else 'a'} {kind}"


def _undeclared(table: TableDeclaration, name: str) -> str | None:
    """Say why `name` is not a landed column of the table, or None when it is one."""
    column = next((c for c in table.columns if c.name == name), None)
    if column is None:
        return f"not among the declared columns: {', '.join(c.name for c in table.columns)}"
    if column.personal_data is PersonalData.DROP:
        return "declared as personal_data: drop, so it is never read"
    return None
