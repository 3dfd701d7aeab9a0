"""A plan as SQL: steps -> SELECTs, merged where one SELECT can do the work of several.

What is read twice and what cannot be merged becomes a CTE; equal texts become one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from operations.derivation.expressions import Expression
from operations.derivation.names import words
from operations.derivation.plan import (
    Aggregate,
    Distinct,
    Filter,
    Generate,
    Join,
    Lookup,
    Project,
    Relation,
    SetOperation,
    Step,
    Table,
    Window,
    inputs_of,
    walk,
)

PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")
RESERVED = words(
    """all and any array as asc at between both by case cast check collate column constraint create
    cross current date default desc distinct do else end except exists false fetch filter for
    foreign from full grant group having in inner insert intersect interval into is join lateral
    leading left like limit natural not null offset on only or order outer over overlaps primary
    qualify references right row rows select semi set some symmetric table then time timestamp to
    trailing true union unique unknown user using values when where window with"""
)
NO_ROWS = "1 = 0"


@dataclass(frozen=True)
class Query:
    """A SELECT being written: FROM, and the text of each column over it.

    `bare` names a relation whose columns it shows and nothing else. `is_open`: it can still take
    conditions, joins and groups. `elements`: columns that explode, as text; all have to be shown.
    `is_total`: it has aggregates and no groups; one has to be shown.
    """

    source: str
    columns: Mapping[str, str]
    where: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    is_distinct: bool = False
    is_open: bool = True
    elements: frozenset[str] = frozenset()
    is_total: bool = False
    has_subqueries: bool = False
    aliases: int = 1
    bare: str = ""
    underlying: Mapping[str, str] = field(default_factory=dict)

    def sql(self, names: Sequence[str], quote: Quote) -> str:
        """Return the text, its columns in this order; without names, one that counts rows."""
        shown = [_aliased(self.columns[name], quote(name)) for name in names] or ["1 as _row"]
        lines = [f"select{' distinct' if self.is_distinct else ''}", "    " + ",\n    ".join(shown)]
        lines.append(f"from {self.source}")
        if self.where:
            lines.append("where " + "\n    and ".join(self.where))
        if self.group:
            lines.append("group by " + ", ".join(self.group))
        return "\n".join(lines)


@dataclass(frozen=True)
class Quote:
    """How a dialect quotes a name; a plain one stays as it is."""

    mark: str

    def __call__(self, name: str) -> str:
        """Return the name as it stands in SQL."""
        if PLAIN.match(name) and name not in RESERVED:
            return name
        return f"{self.mark}{name.replace(self.mark, self.mark * 2)}{self.mark}"


def _aliased(text: str, name: str) -> str:
    return text if re.fullmatch(rf"[tx]\d+\.{re.escape(name)}", text) else f"{text} as {name}"


def to_sql(step: Step, dialect: str) -> str:
    """Return the query that a plan is."""
    return Renderer(Quote("`" if dialect == "spark" else '"')).statement(step)


class Renderer:
    """Writes one statement."""

    def __init__(self, quote: Quote) -> None:
        """Begin without CTEs."""
        self._quote = quote
        self._named: dict[str, str] = {}
        self._known: dict[Step, Query] = {}
        self._readers: Counter[Step] = Counter()

    def statement(self, step: Step) -> str:
        """Return the whole statement of a plan."""
        text = self.text(step)
        ctes = [f"{name} as (\n{_indented(body)}\n)" for body, name in self._named.items()]
        return "\n".join(["with", ",\n".join(ctes), text]) if ctes else text

    def text(self, step: Step) -> str:
        """Return the text of a plan, which reads by their names what is named."""
        self._readers = Counter(below for each in walk(step) for below in inputs_of(each))
        if isinstance(step, SetOperation):
            return self._set_operation(step)
        return self._query(step).sql(step.columns, self._quote)

    def _query(self, step: Step) -> Query:
        if step not in self._known:
            query = self._render(step)
            if self._readers[step] > 1 and not query.bare:
                query = self._closed(query, step.columns)
            self._known[step] = query
        return self._known[step]

    def _closed(self, query: Query, columns: Sequence[str]) -> Query:
        return self._cte(query.sql(columns, self._quote), columns)

    def _cte(self, text: str, columns: Sequence[str]) -> Query:
        return self._read(self._name_of(text), {each: each for each in columns})

    def _name_of(self, text: str) -> str:
        return self._named.setdefault(text, f"step_{len(self._named) + 1}")

    def _read(self, relation: str, underlying: Mapping[str, str]) -> Query:
        columns = {name: f"t1.{self._quote(below)}" for name, below in underlying.items()}
        return Query(f"{relation} as t1", columns, bare=relation, underlying=underlying)

    def _render(self, step: Step) -> Query:  # noqa: C901, PLR0911 - a line per kind
        match step:
            case Relation():
                return self._read(self._relation(step), {each: each for each in step.columns})
            case Filter():
                return self._filter(step)
            case Project():
                return self._project(step)
            case Join():
                return self._half_join(step) if step.kind in {"semi", "anti"} else self._join(step)
            case Aggregate():
                return self._aggregate(step)
            case Window():
                return self._window(step)
            case Generate():
                return self._generate(step)
            case Distinct():
                return self._distinct(step)
            case SetOperation():
                return self._cte(self._set_operation(step), step.columns)
            case Lookup():
                return self._lookup(step)
            case Table():
                raise AssertionError(f"{step.name} is in no world")

    def _relation(self, step: Relation) -> str:
        return step.text

    def _open(self, step: Step, used: Iterable[Expression] = ()) -> Query:
        """Return a query that takes conditions; computed columns that are used twice are closed."""
        query = self._query(step)
        if not query.is_open or _repeats(query, used):
            return self._closed(query, step.columns)
        return query

    def _filter(self, step: Filter) -> Query:
        query = self._query(step.input)
        if not query.has_subqueries or _repeats(query, step.conditions):
            query = self._open(step.input, step.conditions)
        conditions = tuple(each.sql(query.columns) for each in step.conditions)
        return replace(query, where=(*query.where, *conditions), bare="")

    def _project(self, step: Project) -> Query:
        query = self._query(step.input)
        used = [each for _, each in step.items]
        if query.is_distinct or _repeats(query, used) or not _keeps_rows(query, used):
            query = self._closed(query, step.input.columns)
        columns = {name: each.sql(query.columns) for name, each in step.items}
        if not query.bare or not all(each.is_column for each in used):
            return replace(query, columns=columns, bare="")
        underlying = {name: query.underlying[each.columns[0]] for name, each in step.items}
        return replace(query, columns=columns, underlying=underlying)

    def _join(self, step: Join) -> Query:
        left = self._open(step.left, step.on)
        if step.kind == "full" and left.where:
            left = self._closed(left, step.left.columns)
        right = self._bare(step.right)
        alias = f"t{left.aliases + 1}"
        columns = {**left.columns, **self._columns(right, alias)}
        on = " and ".join(each.sql(columns) for each in step.on)
        verb = f"{step.kind} join" if on else "cross join"
        if not on and step.kind != "inner":
            verb, on = f"{step.kind} join", "1 = 1"
        source = f"{left.source}\n{verb} {right.bare} as {alias}" + (f"\n    on {on}" if on else "")
        return replace(left, source=source, columns=columns, aliases=left.aliases + 1, bare="")

    def _half_join(self, step: Join) -> Query:
        left = self._open(step.left, step.on)
        right = self._bare(step.right)
        alias = f"x{left.aliases + 1}"
        condition = self._exists(right, alias, step.on, left.columns)
        verb = "exists" if step.kind == "semi" else "not exists"
        return replace(
            left,
            where=(*left.where, f"{verb} ({condition})"),
            aliases=left.aliases + 1,
            bare="",
        )

    def _exists(
        self, right: Query, alias: str, on: Sequence[Expression], outer: Mapping[str, str]
    ) -> str:
        names = {**outer, **self._columns(right, alias)}
        conditions = " and ".join(each.sql(names) for each in on)
        where = f" where {conditions}" if conditions else ""
        return f"select 1 from {right.bare} as {alias}{where}"

    def _bare(self, step: Step) -> Query:
        query = self._query(step)
        return query if query.bare else self._closed(query, step.columns)

    def _columns(self, query: Query, alias: str) -> dict[str, str]:
        return {name: f"{alias}.{self._quote(each)}" for name, each in query.underlying.items()}

    def _aggregate(self, step: Aggregate) -> Query:
        query = self._open(step.input, [each for _, each in step.items])
        if any(not COLUMN.search(query.columns[each]) for each in step.keys):
            query = self._closed(query, step.input.columns)
        group = tuple(query.columns[each] for each in step.keys)
        columns = dict(zip(step.keys, group, strict=True))
        columns |= {name: each.sql(query.columns) for name, each in step.items}
        return replace(
            query, columns=columns, group=group, is_total=not group, is_open=False, bare=""
        )

    def _window(self, step: Window) -> Query:
        query = self._open(step.input, [each.expression for each in step.items])
        added = {each.name: each.expression.sql(query.columns) for each in step.items}
        return replace(query, columns={**query.columns, **added}, is_open=False, bare="")

    def _generate(self, step: Generate) -> Query:
        query = self._open(step.input)
        text = step.expression.sql(query.columns)
        if len(step.names) > 1:
            raise AssertionError("several generated columns")
        columns = {**query.columns, step.names[0]: text}
        return replace(query, columns=columns, is_open=False, elements=frozenset({text}), bare="")

    def _distinct(self, step: Distinct) -> Query:
        query = self._query(step.input)
        if query.elements:
            query = self._closed(query, step.columns)
        columns = {name: query.columns[name] for name in step.columns}
        return replace(query, columns=columns, is_distinct=True, is_open=False, bare="")

    def _set_operation(self, step: SetOperation) -> str:
        texts = [self._query(each).sql(each.columns, self._quote) for each in step.inputs]
        return f"\n{step.kind}\n".join(texts)

    def _lookup(self, step: Lookup) -> Query:
        query = self._query(step.input)
        if not query.has_subqueries or _repeats(query, [*step.on, *step.operand]):
            query = self._open(step.input, [*step.on, *step.operand])
        body = self._bare(step.body)
        alias = f"x{query.aliases + 1}"
        names = {**query.columns, **self._columns(body, alias)}
        if step.kind == "exists":
            text = f"exists ({self._exists(body, alias, step.on, query.columns)})"
        else:
            conditions = " and ".join(each.sql(names) for each in step.on)
            where = f" where {conditions}" if conditions else ""
            values = ", ".join(each.sql(names) for each in step.value)
            text = f"(select {values} from {body.bare} as {alias}{where})"
        if step.kind == "in":
            operand = ", ".join(each.sql(query.columns) for each in step.operand)
            text = f"({operand}) in {text}"
        columns = {**query.columns, step.name: text}
        aliases = query.aliases + 1
        return replace(
            query, columns=columns, aliases=aliases, is_open=False, has_subqueries=True, bare=""
        )


def _repeats(query: Query, used: Iterable[Expression]) -> bool:
    """Whether a computed column would be written more than once."""
    counts = Counter(name for each in used for name in each.columns)
    return any(
        count > 1 and name in query.columns and not PATH.match(query.columns[name])
        for name, count in counts.items()
    )


def _keeps_rows(query: Query, used: Sequence[Expression]) -> bool:
    """Whether as many rows are shown: a total is one by its aggregates, elements make several."""
    if query.is_total:
        return any(each.columns for each in used)
    shown = {query.columns[each.columns[0]] for each in used if each.is_column}
    return not query.elements or (all(each.is_column for each in used) and query.elements <= shown)


COLUMN = re.compile(r"\b[tx]\d+\.")
PATH = re.compile(r"\w+\.(\w+|`[^`]*`|\"[^\"]*\")\Z|[\d.]+\Z")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))
