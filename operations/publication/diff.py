"""What differs between two publications: their snapshots -> rows and columns by table.

pyiceberg reads both snapshots of a table, DuckDB joins them by the key of its model. Without a key,
a row that changed is one that was removed and one that was added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lake.columns import quoted
from lake.errors import EnvironmentFault
from lake.lake import Lake, identifier_of
from lake.settings import Settings
from operations.dbt.manifest import gold_models, key_of, read_manifest
from operations.publication.book import Publication, require_publication

if TYPE_CHECKING:
    import duckdb
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table


@dataclass(frozen=True)
class TableDiff:
    """How a table differs in the later of two publications.

    Rows are counted by key; `columns` are the changes of the schema, a phrase each. `status` is
    changed, unchanged, added or removed (a table that only one of the two has).
    """

    table: str
    status: str
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: tuple[str, ...] = ()


def compare_publications(settings: Settings, first: int, second: int) -> list[TableDiff]:
    """Return by table what publication `second` has otherwise than `first`.

    Raises ConfigurationError for an id that is not there, EnvironmentFault when a snapshot is gone.
    """
    lake = Lake(settings)
    before, after = require_publication(lake, first), require_publication(lake, second)
    keys = {
        f"{node['schema']}.{node['alias']}": key_of(node)
        for node in gold_models(read_manifest(settings))
    }
    return list(_differences(lake, before, after, keys))


def _differences(
    lake: Lake, before: Publication, after: Publication, keys: Mapping[str, Sequence[str]]
) -> Iterator[TableDiff]:
    for name in sorted({*before.tables, *after.tables}):
        old, new = before.tables.get(name), after.tables.get(name)
        if old is None or new is None:
            there = new or old
            rows = there.rows if there else 0
            yield TableDiff(name, "added", rows) if new else TableDiff(name, "removed", 0, rows)
        elif old.snapshot_id == new.snapshot_id:
            yield TableDiff(name, "unchanged")
        else:
            table = lake.table(identifier_of(name))
            if table is None:
                raise EnvironmentFault(f"{name} was dropped", "compare publications since then")
            yield _compare(table, name, (old.snapshot_id, new.snapshot_id), keys.get(name, ()))


def _compare(
    table: Table, name: str, snapshots: tuple[int | None, int | None], key: Sequence[str]
) -> TableDiff:
    import duckdb

    schemas = [_schema(table, name, snapshot) for snapshot in snapshots]
    common = [column for column in schemas[0].column_names if column in schemas[1].column_names]
    with duckdb.connect() as database:
        for side, snapshot in zip(("old", "new"), snapshots, strict=True):
            _register(database, table, side, snapshot)
        added, removed, changed = _count(database, [k for k in key if k in common], common)
    columns = tuple(_column_changes(*schemas))
    is_changed = bool(added or removed or changed or columns)
    status = "changed" if is_changed else "unchanged"
    return TableDiff(name, status, added, removed, changed, columns)


def _register(
    database: duckdb.DuckDBPyConnection, table: Table, side: str, snapshot: int | None
) -> None:
    if snapshot is None:  # the table had no rows
        rows = table.scan(limit=0).to_arrow()
    else:
        rows = table.scan(snapshot_id=snapshot).to_arrow_batch_reader()
    database.register(f"{side}_rows", rows)
    database.execute(f"create temp table {side} as select * from {side}_rows")


def _count(
    database: duckdb.DuckDBPyConnection, key: Sequence[str], common: Sequence[str]
) -> tuple[int, int, int]:
    columns = ", ".join(map(quoted, common))
    if not key:
        only = "select count(*) from (select {0} from {1} except all select {0} from {2})"
        added, removed = (
            database.sql(only.format(columns, *sides)).fetchall()[0][0]
            for sides in (("new", "old"), ("old", "new"))
        )
        return added, removed, 0
    on = " and ".join(f"o.{quoted(k)} is not distinct from n.{quoted(k)}" for k in key)
    row = "row({})".format(", ".join(f"{{0}}.{quoted(column)}" for column in common))
    counted = f"""
        select
            count(*) filter (where o._is_there is null),
            count(*) filter (where n._is_there is null),
            count(*) filter (where o._is_there and n._is_there
                and {row.format("o")} is distinct from {row.format("n")})
        from (select *, true as _is_there from old) as o
        full outer join (select *, true as _is_there from new) as n on {on}
    """
    added, removed, changed = database.sql(counted).fetchall()[0]
    return added, removed, changed


def _schema(table: Table, name: str, snapshot: int | None) -> Schema:
    if snapshot is None:
        return table.schema()
    found = table.snapshot_by_id(snapshot)
    if found is None:
        raise EnvironmentFault(f"{name} has not kept snapshot {snapshot}: it has expired", "")
    return table.schemas()[found.schema_id] if found.schema_id is not None else table.schema()


def _column_changes(before: Schema, after: Schema) -> Iterator[str]:
    old = {field.name: str(field.field_type) for field in before.fields}
    new = {field.name: str(field.field_type) for field in after.fields}
    yield from (f"{name} {new[name]} added" for name in new if name not in old)
    yield from (f"{name} removed" for name in old if name not in new)
    for name in old.keys() & new.keys():
        if old[name] != new[name]:
            yield f"{name}: {old[name]} is {new[name]}"
