"""What a draft declaration can be made of: a schema's catalog -> tables, keys, comments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.connectors.postgres.upstream import UpstreamTable, read_upstream

if TYPE_CHECKING:
    import asyncpg

_KEYS = """
select c.relname::text,
    array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum)) as columns
from pg_index as i
inner join pg_class as c on c.oid = i.indrelid
inner join pg_namespace as n on n.oid = c.relnamespace
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum = any(i.indkey)
where n.nspname = $1 and i.indisprimary
group by c.relname
"""
_COMMENTS = """
select c.relname::text, a.attname::text, d.description
from pg_description as d
inner join pg_class as c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass
inner join pg_namespace as n on n.oid = c.relnamespace
left join pg_attribute as a on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0
where n.nspname = $1
"""
_TABLES = """
select c.relname::text
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition
order by c.relname
"""


@dataclass(frozen=True)
class TableSummary:
    """One table of a schema: its primary key (maybe none), its comments (None: its own)."""

    table: UpstreamTable
    key: tuple[str, ...]
    comments: dict[str | None, str]


async def summarize_catalog(connection: asyncpg.Connection, schema: str) -> list[TableSummary]:
    """Return every table of the schema by name; partitions and views are left out."""
    upstream = await read_upstream(connection, schema)
    keys = {row["relname"]: tuple(row["columns"]) for row in await connection.fetch(_KEYS, schema)}
    comments: dict[str, dict[str | None, str]] = {}
    for row in await connection.fetch(_COMMENTS, schema):
        comments.setdefault(row["relname"], {})[row["attname"]] = row["description"]
    names = [row["relname"] for row in await connection.fetch(_TABLES, schema)]
    return [
        TableSummary(upstream[name], keys.get(name, ()), comments.get(name, {}))
        for name in names
        if name in upstream
    ]
