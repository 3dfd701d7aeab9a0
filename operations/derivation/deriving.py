"""A query and its upstreams -> the queries of an incremental refresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from operations.derivation.contract import Derivation, Upstream
from operations.derivation.expressions import literal
from operations.derivation.parsing import QueryReader, parse, tables_read
from operations.derivation.plan import Distinct, Filter, Relation, Step, keep, rename
from operations.derivation.pruning import pruned
from operations.derivation.refusals import NotDerivableError
from operations.derivation.rendering import NO_ROWS, to_sql
from operations.derivation.restriction import restricted
from operations.derivation.scripts import to_scripts
from operations.derivation.surplus import Surplus
from operations.derivation.tracing import runs_across
from operations.derivation.worlds import World, Worlds


def derive(
    sql: str,
    unique_key: Sequence[str],
    upstreams: Mapping[str, Upstream],
    affected_relation: str,
    dialect: str = "spark",
) -> Derivation:
    """Return the queries that refresh a table whose rows are those of `sql`.

    `upstreams` has every table of the query by its name there; those with `old` have changed.
    `affected_relation` is where the affected keys will be read, with the columns of the key.
    Raises NotDerivableError for a query from which no refresh follows.
    """
    given = tuple(sorted(upstreams.items()))
    return _derive(sql, tuple(unique_key), given, affected_relation, dialect)


def tables_of(sql: str, dialect: str = "spark") -> tuple[str, ...]:
    """Return the tables that a query reads, named as it names them, sorted; CTEs are none.

    Raises NotDerivableError for what is not one query.
    """
    return tuple(sorted(tables_read(parse(sql, dialect))))


def forget_derivations() -> None:
    """Derive everything anew from here on."""
    _derive.cache_clear()


@lru_cache(maxsize=256)
def _derive(
    sql: str,
    unique_key: tuple[str, ...],
    given: tuple[tuple[str, Upstream], ...],
    affected_relation: str,
    dialect: str,
) -> Derivation:
    upstreams = dict(given)
    reader = QueryReader({name: each.columns for name, each in given}, dialect)
    plan = reader.query(parse(sql, dialect), {})
    plan = pruned(plan, plan.columns)
    worlds = Worlds(upstreams)
    key = granularity(plan, unique_key, worlds)
    surplus = Surplus(worlds, reader.names)
    now = worlds.of(plan, World.NEW)
    names = [reader.names.new() for _ in key]
    keys = rename(Relation(affected_relation, key), names)
    affected = _shown(_affected(plan, key, surplus, now), key)
    rows = _shown(
        restricted(now, tuple(zip(key, names, strict=True)), keys, reader.names), plan.columns
    )
    affected_script, restricted_script = to_scripts(affected, rows, affected_relation, dialect)
    return Derivation(
        key=key,
        affected=to_sql(affected, dialect),
        restricted=to_sql(rows, dialect),
        full=to_sql(_shown(now, plan.columns), dialect),
        affected_script=affected_script,
        restricted_script=restricted_script,
        warnings=tuple(reader.warnings),
    )


def _shown(step: Step, columns: Sequence[str]) -> Step:
    return keep(pruned(step, columns), columns)


def _affected(plan: Step, key: tuple[str, ...], surplus: Surplus, now: Step) -> Step:
    found = surplus.union(surplus.both(plan, frozenset(key)), key)
    if found is None:
        found = keep(Filter(now, (literal(NO_ROWS),)), key)
    return Distinct(found)


def granularity(plan: Step, unique_key: Sequence[str], worlds: Worlds) -> tuple[str, ...]:
    """Return the columns by which rows are replaced: the key without those windows run across.

    All of the key where that leaves none. Raises NotDerivableError for a key that is no output.
    """
    columns = {each.lower(): each for each in plan.columns}
    missing = [each for each in unique_key if each.lower() not in columns]
    if missing or not unique_key:
        shown = ", ".join(missing) or "none"
        raise NotDerivableError(
            f"a unique key that the query does not select ({shown})",
            fix="configure `unique_key` with columns of the query",
        )
    key = tuple(columns[each.lower()] for each in unique_key)
    finer = tuple(each for each in key if not runs_across(plan, each, worlds.is_changed))
    return finer or key
