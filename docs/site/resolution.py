"""SQL in which each column has its table and no star is left: compiled SQL -> sqlglot's scopes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer import build_scope
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope

# The columns of each table with their types: {schema: {table: {column: type}}}.
Schema = Mapping[str, Mapping[str, Mapping[str, str]]]
UNKNOWN_TYPE = "string"


def resolved(sql: str, schema: Schema, dialect: str) -> Scope:
    """Return the scopes of a query. Raises SqlglotError for what is not understood."""
    tree = _with_single_aliases(parse_one(sql, dialect=dialect))
    qualified = qualify(
        tree, schema=dict(schema), dialect=dialect, validate_qualify_columns=False, identify=False
    )
    scope = build_scope(qualified)
    if scope is None:
        raise SqlglotError("not a query")
    for each in scope.traverse():
        _expand_inner_stars(each, schema)
    return scope


def _with_single_aliases(tree: exp.Expr) -> exp.Expr:
    """Write `f(x) as (a, b)` as `f(x) as a, f(x) as b`: both are made of what f reads."""
    for select in tree.find_all(exp.Select):
        if any(isinstance(each, exp.Aliases) for each in select.expressions):
            select.set("expressions", list(_single_aliases(select.expressions)))
    return tree


def _single_aliases(expressions: Sequence[exp.Expr]) -> Iterator[exp.Expr]:
    for each in expressions:
        if isinstance(each, exp.Aliases):
            for name in each.aliases:
                yield exp.Alias(this=each.this.copy(), alias=name.copy())
        else:
            yield each


def _expand_inner_stars(scope: Scope, schema: Schema) -> None:
    """Write `struct(*)` with the columns that it stands for; sqlglot knows stars of SELECT only.

    A star over something whose columns are not known stays.
    """
    for star in list(scope.find_all(exp.Star)):
        columns = _columns(scope, schema)
        if columns and not isinstance(star.parent, (exp.Select, exp.Count)):
            left_out = {each.name for each in star.args.get("except_") or ()}
            kept = [each for each in columns if each.name not in left_out]
            star.replace(exp.Tuple(expressions=kept))


def _columns(scope: Scope, schema: Schema) -> list[exp.Column]:
    """Return all columns of what a SELECT reads from; none where some of them are not known."""
    found: list[exp.Column] = []
    for name, (_, source) in scope.selected_sources.items():
        names = _names(source, schema)
        if not names:
            return []
        found += [exp.column(each, table=name) for each in names]
    return found


def _names(source: exp.Table | Scope, schema: Schema) -> list[str]:
    if isinstance(source, exp.Table):
        return list(schema.get(source.db, {}).get(source.name, {}))
    return source.expression.named_selects if isinstance(source.expression, exp.Query) else []
