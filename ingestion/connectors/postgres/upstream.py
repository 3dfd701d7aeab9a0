"""What the database has against what is declared: pg_catalog + declarations -> tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ingestion.connectors.postgres.declaration import PostgresTable, upstream_name
from ingestion.connectors.postgres.transaction import Session, fetch
from ingestion.connectors.postgres.types import UpstreamColumn, quoted
from ingestion.declarations import ColumnDeclaration, NewColumns, PersonalData
from lake.errors import ConfigurationError

_COLUMNS = """
with recursive attributes as (
    select c.oid as table_id, c.relname, c.relkind, a.attnum, a.attname, a.attnotnull,
        a.atttypid as type_id, a.atttypmod as modifier, 0 as depth,
        format_type(a.atttypid, a.atttypmod) as display
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    inner join pg_attribute as a on a.attrelid = c.oid
    where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and ($2::text[] is null or c.relname = any($2))
        and a.attnum > 0 and not a.attisdropped
    union all
    select d.table_id, d.relname, d.relkind, d.attnum, d.attname, d.attnotnull,
        t.typbasetype, t.typtypmod, d.depth + 1, d.display
    from attributes as d
    inner join pg_type as t on t.oid = d.type_id
    where t.typtype = 'd'
)
select distinct on (d.table_id, d.attnum) d.relname::text, d.relkind::text, d.attname::text,
    d.attnotnull, d.display, t.typname::text, d.modifier,
    t.typcategory = 'A' and t.typelem <> 0 as is_array,
    case when e.typtype in ('b', 'e', 'r') then e.typname::text end as element,
    has_schema_privilege($1, 'usage')
        and has_column_privilege(d.table_id, d.attnum, 'select') as is_readable,
    case when d.relkind in ('r', 'm') then pg_relation_size(d.table_id) end as bytes
from attributes as d
inner join pg_type as t on t.oid = d.type_id
left join pg_type as e on e.oid = t.typelem and e.typarray = t.oid
order by d.table_id, d.attnum, d.depth desc
"""


@dataclass(frozen=True)
class UpstreamTable:
    """One table of the database: its columns in order, its bytes where PostgreSQL knows them."""

    schema: str
    name: str
    columns: tuple[UpstreamColumn, ...]
    bytes: int | None

    @property
    def relation(self) -> str:
        """The table's quoted name."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def fingerprint(self) -> str:
        """A short hash of all names and types: it changes when the table's shape does."""
        shape = "\n".join(f"{c.name} {c.display} {c.is_not_null}" for c in self.columns)
        return hashlib.sha256(shape.encode()).hexdigest()[:16]

    def column(self, name: str) -> UpstreamColumn | None:
        """Return the column called `name`, None when there is none."""
        return next((c for c in self.columns if c.name == name), None)

    def cursor_of(self, table: PostgresTable) -> UpstreamColumn:
        """Return the cursor column of `table`. Raises ValueError when there is none."""
        column = self.column(table.upstream_name(table.cursor)) if table.cursor else None
        if column is None:
            raise ValueError(f"{table.label} has no cursor")
        return column

    def undeclared(self, table: PostgresTable) -> tuple[UpstreamColumn, ...]:
        """Return the readable columns that `table` does not mention."""
        declared = {upstream_name(c) for c in table.columns}
        return tuple(c for c in self.columns if c.name not in declared and c.is_readable)


async def read_upstream(
    session: Session, schema: str, names: Sequence[str] | None = None
) -> dict[str, UpstreamTable]:
    """Return tables, views and foreign tables of a schema by name: those in `names`, or all."""
    columns: dict[str, list[UpstreamColumn]] = {}
    sizes: dict[str, int | None] = {}
    for row in await fetch(session, _COLUMNS, schema, names):
        sizes[row["relname"]] = row["bytes"]
        columns.setdefault(row["relname"], []).append(
            UpstreamColumn(
                name=row["attname"],
                display=row["display"],
                base=row["typname"],
                modifier=row["modifier"],
                is_array=row["is_array"],
                is_not_null=row["attnotnull"],
                is_readable=row["is_readable"],
                element=row["element"],
            )
        )
    return {
        name: UpstreamTable(schema, name, tuple(found), sizes[name])
        for name, found in columns.items()
    }


def check_upstream(tables: Sequence[PostgresTable], upstream: dict[str, UpstreamTable]) -> None:
    """Compare declarations with the database.

    Raises ConfigurationError that lists every difference of every table, each with its fix.
    """
    differences = [line for table in tables for line in _differences(table, upstream)]
    if differences:
        raise ConfigurationError(
            "the declaration and the database differ:\n" + "\n".join(differences),
            "change the declaration or the database as each line says; nothing was read",
        )


def _differences(table: PostgresTable, upstream: dict[str, UpstreamTable]) -> Iterator[str]:
    found = upstream.get(table.upstream_table)
    if found is None:
        near = get_close_matches(table.upstream_table, upstream, n=1)
        hint = f", there is {near[0]!r}" if near else ""
        yield (
            f"  {table.label}: no table {table.upstream_table!r} in schema"
            f" {table.upstream_schema!r}{hint}; correct name, table or schema"
        )
        return
    for column in table.columns:
        if problem := _column_difference(column, found):
            yield f"  {table.label}.{column.name}: {problem}"
    if table.new_columns is NewColumns.FREEZE:
        for extra in found.undeclared(table):
            yield (
                f"  {table.label}.{extra.name}: new in the database ({extra.display}) and"
                " new_columns is freeze; declare it, or set new_columns: rescue"
            )


def _column_difference(declared: ColumnDeclaration, table: UpstreamTable) -> str | None:
    name = upstream_name(declared)
    column = table.column(name)
    if column is None:
        near = get_close_matches(name, [c.name for c in table.columns], n=1)
        hint = f", there is {near[0]!r}" if near else ""
        wanted = "" if name == declared.name else f" as {name!r}"
        return f"not in the database{wanted}{hint}; correct its name or path, or remove it"
    if declared.personal_data is PersonalData.DROP:
        return None
    if not column.is_readable:
        return f"the role may not read it; grant select on {table.relation} to it"
    if declared.personal_data is PersonalData.TOKEN:
        is_text = declared.data_type.name == "string"
        return None if is_text else f"declared {declared.data_type}: a token is a string"
    return column.refusal(declared.data_type)
