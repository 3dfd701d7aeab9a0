"""The rows of a step whose key is in a set: a step, columns and a set -> a step that reads less.

The set is pushed down as a semi-join as far as rows of other keys have no part in the result, and
applied again on top of each step through which it does not pass unharmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from operations.derivation.expressions import same
from operations.derivation.loosening import loosened
from operations.derivation.names import Names
from operations.derivation.plan import (
    Aggregate,
    Distinct,
    Filter,
    Generate,
    Join,
    Lookup,
    Project,
    SetOperation,
    Step,
    Window,
    keep,
    rename,
    semi_join,
    with_inputs,
)
from operations.derivation.pruning import pruned
from operations.derivation.tracing import equal_columns

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Narrowed:
    """A step with fewer rows: all of those whose key is in the set; if exact, no others."""

    step: Step
    is_exact: bool


def restricted(step: Step, pairs: Pairs, keys: Step, names: Names) -> Step:
    """Return exactly the rows for which a row of `keys` equals them, null being equal to null.

    `pairs` are columns of the step, each with a column of `keys`.
    """
    return Restriction(keys, names).exact(step, pairs)


@dataclass(frozen=True)
class Restriction:
    """One set of keys, pushed down."""

    keys: Step
    names: Names

    def exact(self, step: Step, pairs: Pairs) -> Step:
        """Return the rows whose key is in the set."""
        narrowed = self.narrowed(step, pairs)
        return narrowed.step if narrowed.is_exact else self._semi(narrowed.step, pairs)

    def _semi(self, step: Step, pairs: Pairs) -> Step:
        keys = keep(self.keys, tuple(dict.fromkeys(key for _, key in pairs)))
        return semi_join(step, keys, [same(*pair) for pair in pairs])

    def narrowed(self, step: Step, pairs: Pairs) -> Narrowed:  # noqa: PLR0911 - a case per kind
        """Return at least the rows whose key is in the set, and none the step does not have.

        Without pairs nothing is known about a row: the step stays as it is.
        """
        if not pairs:
            return Narrowed(step, is_exact=False)
        match step:
            case Filter() | Distinct():
                return self._through(step, step.input, pairs, pairs)
            case Project():
                return self._project(step, pairs)
            case Generate():
                return self._through(step, step.input, pairs, _of(pairs, step.input.columns))
            case Aggregate():
                return self._through(step, step.input, pairs, _of(pairs, step.keys))
            case Window():
                return self._window(step, pairs)
            case SetOperation():
                return Narrowed(self._set_operation(step, pairs), is_exact=True)
            case Join():
                return self._join(step, pairs)
            case Lookup():
                return self._lookup(step, pairs)
            case _:
                return Narrowed(self._semi(step, pairs), is_exact=True)

    def _through(self, step: Step, below: Step, pairs: Pairs, passing: Pairs) -> Narrowed:
        """The key passes unchanged: through filters, DISTINCT and the keys of groups."""
        narrowed = self.narrowed(below, passing)
        is_exact = narrowed.is_exact and len(passing) == len(pairs)
        return Narrowed(with_inputs(step, [narrowed.step]), is_exact)

    def _project(self, step: Project, pairs: Pairs) -> Narrowed:
        """Columns pass under the names they have below, computed ones do not."""
        items = dict(step.items)
        passing = tuple(
            (items[name].columns[0], key) for name, key in pairs if items[name].is_column
        )
        return self._through(step, step.input, pairs, passing)

    def _set_operation(self, step: SetOperation, pairs: Pairs) -> Step:
        """A row of any kind of set operation has rows of the same key in its operands."""
        places = [(step.columns.index(name), key) for name, key in pairs]
        inputs = [
            self.exact(each, tuple((each.columns[place], key) for place, key in places))
            for each in step.inputs
        ]
        return SetOperation(step.kind, tuple(inputs))

    def _window(self, step: Window, pairs: Pairs) -> Narrowed:
        """Partitions stay whole: the key passes by columns that stand in every PARTITION BY.

        Where no column of it does, the set becomes that of the partitions that hold the key.
        """
        passing = _of(pairs, step.common)
        inside = _of(pairs, step.input.columns)
        if passing or not inside or not step.common:
            return self._through(step, step.input, pairs, passing)
        columns = sorted(step.common)
        names = [self.names.new() for _ in columns]
        read = [*columns, *(name for name, _ in inside)]
        seen = pruned(loosened(step.input, frozenset(read)), read)
        partitions = rename(Distinct(keep(self.exact(seen, inside), columns)), names)
        whole = Restriction(partitions, self.names)
        below = whole.exact(step.input, tuple(zip(columns, names, strict=True)))
        return Narrowed(Window(below, step.items), is_exact=False)

    def _join(self, step: Join, pairs: Pairs) -> Narrowed:
        """The key passes to the sides that have it, and over equalities.

        Of an outer, semi or anti join only to the right side: a row of it with another key matches
        no left row that is asked for, while a missing one would show nulls or an absence.
        """
        if step.kind == "full":
            return Narrowed(step, is_exact=False)
        left, right = frozenset(step.left.columns), frozenset(step.right.columns)
        mine = _of(pairs, left)
        if step.kind == "inner":
            mine += _transferred(pairs, equal_columns(step.on, left), mine)
        theirs = _of(pairs, right) if step.kind == "inner" else ()
        theirs += _transferred(_of(pairs, left), equal_columns(step.on, right), theirs)
        one, two = self.narrowed(step.left, mine), self.narrowed(step.right, theirs)
        is_exact = (one.is_exact and _covers(mine, pairs)) or (
            step.kind == "inner" and two.is_exact and _covers(theirs, pairs)
        )
        return Narrowed(with_inputs(step, [one.step, two.step]), is_exact)

    def _lookup(self, step: Lookup, pairs: Pairs) -> Narrowed:
        """The key passes to the input, and over the equalities that the subquery correlates by."""
        inside = _of(pairs, step.input.columns)
        theirs = _transferred(inside, equal_columns(step.on, frozenset(step.body.columns)), ())
        one, two = self.narrowed(step.input, inside), self.narrowed(step.body, theirs)
        is_exact = one.is_exact and len(inside) == len(pairs)
        return Narrowed(with_inputs(step, [one.step, two.step]), is_exact)


def _of(pairs: Pairs, columns: Sequence[str] | frozenset[str]) -> Pairs:
    return tuple(each for each in pairs if each[0] in columns)


def _transferred(pairs: Pairs, equal: dict[str, str], known: Pairs) -> Pairs:
    found = tuple((equal[name], key) for name, key in pairs if name in equal)
    return tuple(each for each in found if each not in known)


def _covers(narrowing: Pairs, pairs: Pairs) -> bool:
    return {key for _, key in narrowing} >= {key for _, key in pairs}
