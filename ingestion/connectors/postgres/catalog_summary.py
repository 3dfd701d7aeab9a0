"""What a draft declaration can be made of: a schema's catalog -> tables, keys, comments."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.connectors.postgres.transaction import Session, fetch
from ingestion.connectors.postgres.upstream import UpstreamTable, read_upstream

# All columns of an index that identify a row; those of INCLUDE stand behind them.
_UNIQUE = """
select c.relname::text, i.indisprimary, bool_and(a.attnotnull) as is_not_null,
    array_agg(a.attname::text order by key.position) as columns
from pg_index as i
inner join pg_class as c on c.oid = i.indrelid
inner join pg_namespace as n on n.oid = c.relnamespace
cross join unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) with ordinality
    as key (attnum, position)
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum = key.attnum
where n.nspname = $1 and i.indisunique and i.indisvalid
    and i.indpred is null and i.indexprs is null
group by c.relname, i.indexrelid, i.indisprimary, i.indnkeyatts
order by i.indisprimary desc, is_not_null desc, i.indnkeyatts, i.indexrelid
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
    """One table of a schema: what is unique in it, the best first, comments (None: its own)."""

    table: UpstreamTable
    keys: tuple[tuple[str, ...], ...]
    comments: dict[str | None, str]


async def summarize_catalog(session: Session, schema: str) -> list[TableSummary]:
    """Return every table of the schema by name; partitions and views are left out."""
    upstream = await read_upstream(session, schema)
    keys: dict[str, list[tuple[str, ...]]] = {}
    for row in await fetch(session, _UNIQUE, schema):
        keys.setdefault(row["relname"], []).append(tuple(row["columns"]))
    comments: dict[str, dict[str | None, str]] = {}
    for row in await fetch(session, _COMMENTS, schema):
        comments.setdefault(row["relname"], {})[row["attname"]] = row["description"]
    names = [row["relname"] for row in await fetch(session, _TABLES, schema)]
    return [
        TableSummary(upstream[name], tuple(keys.get(name, ())), comments.get(name, {}))
        for name in names
        if name in upstream
    ]
