"""SQL -> a plan: queries, their CTEs and set operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from operations.derivation.names import Names
from operations.derivation.plan import Distinct, SetOperation, Step, Table, rename
from operations.derivation.refusals import NotDerivableError, refuse
from operations.derivation.selects import SelectReader
from operations.derivation.sources import Ctes, table_name

if TYPE_CHECKING:
    from sqlglot import exp


def parse(sql: str, dialect: str) -> exp.Expr:
    """Return the tree of a query. Raises NotDerivableError for what is not one query."""
    import sqlglot
    from sqlglot import exp

    try:
        trees = [each for each in sqlglot.parse(sql, dialect=dialect) if each is not None]
    except sqlglot.errors.SqlglotError as error:
        details = getattr(error, "errors", None) or [{}]
        line = details[0].get("line")
        raise NotDerivableError("SQL that is not understood", line, "see the query") from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise NotDerivableError("what is not one query", 1, "write one SELECT")
    return trees[0]


class QueryReader:
    """Reads one statement into a plan."""

    def __init__(self, columns: Mapping[str, Sequence[str]], dialect: str) -> None:
        """Take the columns of each table by its name, as the SQL writes it."""
        self.dialect = dialect
        self.names = Names()
        self.warnings: list[str] = []
        self._columns = {name.lower(): (name, tuple(each)) for name, each in columns.items()}
        self._tables: dict[str, Table] = {}

    def table(self, name: str, node: exp.Expr) -> Table:
        """Return a table of the lake; raises NotDerivableError for one that is not known."""
        known = self._columns.get(name.lower())
        if known is None:
            raise refuse(
                f"table {name}, which is not known", node, "read it with ref() or source()"
            )
        return self._tables.setdefault(known[0], Table(*known))

    def query(self, node: exp.Expr, ctes: Ctes) -> Step:
        """Return the plan of a query; raises NotDerivableError for what cannot be derived."""
        from sqlglot import exp

        ctes = self._ctes(node, ctes)
        match node:
            case exp.Select():
                return SelectReader(self, ctes, self.warnings).read(node)
            case exp.SetOperation():
                return self._set_operation(node, ctes)
            case exp.Subquery():
                return self.query(node.this, ctes)
            case _:
                raise refuse(node.key.upper(), node)

    def _ctes(self, node: exp.Expr, known: Ctes) -> Ctes:
        with_ = node.args.get("with_")
        if with_ is None:
            return known
        if with_.args.get("recursive"):
            raise refuse("a recursive CTE", with_)
        found = dict(known)
        for each in with_.expressions:
            step = self.query(each.this, found)
            alias = each.args["alias"]
            if alias.args.get("columns"):
                step = rename(step, [column.name for column in alias.args["columns"]])
            found[each.alias.lower()] = step
        return found

    def _set_operation(self, node: exp.Expr, ctes: Ctes) -> Step:
        from sqlglot import exp

        for key in ("limit", "offset", "by_name"):
            if node.args.get(key):
                raise refuse(key.upper().replace("_", " "), node)
        left, right = self.query(node.this, ctes), self.query(node.expression, ctes)
        if len(left.columns) != len(right.columns):
            raise refuse("a set operation of different numbers of columns", node)
        right = rename(right, left.columns)
        is_distinct = node.args.get("distinct")
        if isinstance(node, exp.Union):
            union = SetOperation("union all", (left, right))
            return Distinct(union) if is_distinct else union
        kind = node.key if is_distinct else f"{node.key} all"
        return SetOperation(kind, (left, right))


def tables_read(node: exp.Expr) -> set[str]:
    """Return the tables that a query names, without those that are CTEs where they stand."""
    return _tables(node, frozenset())


def _tables(node: exp.Expr, ctes: frozenset[str]) -> set[str]:
    from sqlglot import exp

    found: set[str] = set()
    with_ = node.args.get("with_")
    if with_ is not None:
        for each in with_.expressions:
            found |= _tables(each.this, ctes)
            ctes |= {each.alias.lower()}
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        name = table_name(node)
        if node.db or name.lower() not in ctes:
            found.add(name)
    for child in node.iter_expressions():
        if child is not with_:
            found |= _tables(child, ctes)
    return found
