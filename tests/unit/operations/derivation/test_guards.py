"""Guards off: with a rule of the derivation broken, the referee sees wrong rows."""

import random
from collections.abc import Callable, Iterator

import duckdb
import pytest

from operations.derivation.deriving import forget_derivations
from operations.derivation.plan import Join, Relation, Table, Window
from operations.derivation.restriction import Narrowed, Pairs, Restriction
from operations.derivation.surplus import Branches, Changes, Columns, Surplus
from operations.derivation.worlds import World, Worlds
from tests.unit.operations.derivation.referee import COLUMNS, Referee, Row, Rows
from tests.unit.operations.derivation.shapes import SHAPES

PLAYS = 150


@pytest.fixture(autouse=True)
def _derived_anew() -> Iterator[None]:
    forget_derivations()
    yield
    forget_derivations()


def row_of(table: str, dice: random.Random) -> Row:
    return tuple(dice.choice([None, 0, 1, 2, 3]) for _ in COLUMNS[table])


def changed(table: str, rows: Rows, dice: random.Random) -> Rows:
    kept = [each for each in rows if dice.random() < 0.8]
    return kept + [row_of(table, dice) for _ in range(dice.randrange(2))]


def plays_until_wrong(shape: str, key: str, most: int = PLAYS) -> int | None:
    """Return after how many random changes rows differ from the recomputation, None if never."""
    dice = random.Random(shape)  # noqa: S311 - no secret
    with duckdb.connect() as con:
        for played in range(most):
            referee = Referee(SHAPES[shape], (key,), con)
            referee.start({name: [row_of(name, dice) for _ in range(4)] for name in COLUMNS})
            for name in COLUMNS:
                referee.fill(f"{name}_del", [])
            try:
                referee.change(
                    {name: changed(name, rows, dice) for name, rows in referee.tables.items()}
                )
            except AssertionError:
                return played + 1
    return None


class OneWorld(Worlds):
    """Current rows with the images before beside them, whichever world is asked for."""

    def _text(self, table: str, world: World) -> str:
        mixture = f"(from {table} union all from {table}_del)"
        return mixture if world is World.NEW else f"(from {mixture})"

    def changed(self, table: Table, world: World) -> Relation | None:
        """Give what came and what went for either world."""
        found = super().changed(table, world)
        both = f"(from {table.name}_ins union all from {table.name}_del)"
        return found and self._relation(table, both)


class PartnersOfNow(Worlds):
    """Rows that go are joined with what their partners are now."""

    def _text(self, table: str, world: World) -> str:
        return table if world is World.NEW else f"(from {table})"


class InnerJoins(Surplus):
    """Rows of the nullable side, joined with what they match."""

    def _matched(self, step: Join, world: World, needed: Columns, changes: Changes) -> Branches:
        if step.kind not in {"left", "full"}:
            return super()._matched(step, world, needed, changes)
        inner = Join("inner", step.right, step.left, step.on)
        return self._driven(inner, world, needed, "inner")


def pushed_through(self: Restriction, step: Window, pairs: Pairs) -> Narrowed:
    """Conditions on any column, moved below the window."""
    inside = tuple(each for each in pairs if each[0] in step.input.columns)
    return self._through(step, step.input, pairs, inside)


def break_worlds(monkeypatch: pytest.MonkeyPatch, kind: type[Worlds]) -> None:
    monkeypatch.setattr(
        "operations.derivation.deriving.Surplus",
        lambda worlds, names: Surplus(kind(worlds.upstreams), names),
    )


def break_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.derivation.deriving.Surplus", InnerJoins)


def break_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Restriction, "_window", pushed_through)


BUGS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "one world": lambda patch: break_worlds(patch, OneWorld),
    "partners as they are now": lambda patch: break_worlds(patch, PartnersOfNow),
    "nullable side as an inner join": break_joins,
    "filter pushed through a window": break_windows,
}

CAUGHT = [
    ("one world", "left join", "y"),
    ("one world", "total beside rows", "k"),
    ("one world", "key is an aggregate", "x"),
    ("partners as they are now", "left join to groups", "n"),
    ("partners as they are now", "scalar in where", "k"),
    ("nullable side as an inner join", "left join", "y"),
    ("nullable side as an inner join", "full join with a condition", "k"),
    ("filter pushed through a window", "window of a partition not in the key", "x"),
    ("filter pushed through a window", "lag", "x"),
]


@pytest.mark.parametrize(("bug", "shape", "key"), CAUGHT)
def test_a_broken_rule_is_caught(bug: str, shape: str, key: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        BUGS[bug](patch)
        played = plays_until_wrong(shape, key)
    assert played is not None, "the broken rule was not seen"
    forget_derivations()
    assert plays_until_wrong(shape, key, played) is None, "wrong with all rules in place"
