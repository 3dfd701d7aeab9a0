"""Plans as scripts: what a refresh runs, in views that an engine resolves and computes one by one.

What a change reaches is few rows, whatever the tables hold. Computed first, it lets an engine send
them to each large table instead of sorting that, and keeps the plans of what reads it small.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from operations.derivation.contract import NamedQuery, Script
from operations.derivation.plan import Join, Relation, Step, reads_changes_only, walk
from operations.derivation.rendering import Query, Quote, Renderer


def to_scripts(
    affected: Step, restricted: Step, prefix: str, dialect: str
) -> tuple[Script, Script]:
    """Return both queries of a refresh as scripts; names of views begin with `prefix`."""
    writer = ScriptWriter(Quote("`" if dialect == "spark" else '"'), prefix)
    writer.read_ahead(affected, restricted)
    first, second = writer.script(affected), writer.script(restricted)
    inlining = Inlining(prefix, first, second)
    return inlining.of(first), inlining.of(second)


class ScriptWriter(Renderer):
    """Writes scripts, of which a later one reads the views of those before it."""

    def __init__(self, quote: Quote, prefix: str) -> None:
        """Begin without views."""
        super().__init__(quote)
        self._prefix = prefix
        self._few: set[str] = set()
        self._keys: set[Step] = set()
        self._read_columns: dict[str, set[str]] = {}

    def read_ahead(self, *steps: Step) -> None:
        """Note which columns of what changed the plans read: their views have no others."""
        for step in steps:
            for each in walk(step):
                if isinstance(each, Relation) and each.is_change:
                    self._read_columns.setdefault(each.text, set()).update(each.columns)

    def script(self, step: Step) -> Script:
        """Return the script of a plan."""
        keys = {e.right for e in walk(step) if isinstance(e, Join) and e.right_is_few}
        self._keys = {each for each in keys if not reads_changes_only(each)}
        before = len(self._named)
        query = self.text(step)
        new = list(self._named.items())[before:]
        return Script(
            tuple(NamedQuery(name, sql, has_few_rows=name in self._few) for sql, name in new), query
        )

    def _name_of(self, text: str) -> str:
        return self._named.setdefault(text, f"{self._prefix}_{len(self._named) + 1}")

    def _relation(self, step: Relation) -> str:
        """Return the name of a view of a relation, which several steps may read."""
        if not step.is_change and " " not in step.text:
            return step.text
        if not step.is_change:
            return self._name_of(f"select * from {step.text}")
        columns = ", ".join(self._quote(each) for each in sorted(self._read_columns[step.text]))
        name = self._name_of(f"select {columns or '1 as _row'} from {step.text}")
        self._few.add(name)
        return name

    def _bare(self, step: Step) -> Query:
        query = super()._bare(step)
        if step in self._keys:
            self._few.add(query.bare)
        return query


class Inlining:
    """Puts each view that one query reads into that query, unless it is to be computed.

    Each view costs a statement.
    """

    def __init__(self, prefix: str, *scripts: Script) -> None:
        """Count what reads the views of the scripts, which are made in this order."""
        self._view = re.compile(rf"(?<![\w.]){re.escape(prefix)}_\d+")
        self._bodies: dict[str, str] = {}
        views = [view.sql for script in scripts for view in script.views]
        texts = [*views, *(script.query for script in scripts)]
        self._readers = Counter(name for text in texts for name in self._view.findall(text))

    def of(self, script: Script) -> Script:
        """Return the next script with its views, and those left of the ones before, inside."""
        views = []
        for view in script.views:
            filled = replace(view, sql=self._filled(view.sql))
            if view.has_few_rows or self._readers[view.name] > 1:
                views.append(filled)
            else:
                self._bodies[view.name] = filled.sql
        return Script(tuple(views), self._filled(script.query))

    def _filled(self, text: str) -> str:
        return self._view.sub(self._body, text)

    def _body(self, found: re.Match[str]) -> str:
        body = self._bodies.get(found[0])
        return found[0] if body is None else f"(\n{body}\n)"
