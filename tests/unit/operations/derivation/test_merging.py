"""Branches that read one table in both worlds: what may stand for the table as it was."""

from operations.derivation.contract import Upstream
from operations.derivation.expressions import Expression, column, same
from operations.derivation.merging import merged
from operations.derivation.names import Names
from operations.derivation.plan import Filter, Project, Relation, Step, Table, semi_join
from operations.derivation.rendering import to_sql
from operations.derivation.worlds import World, Worlds

CHANGED = Upstream(("k", "p"), "a_now", "a_old", "a_ins", "a_del")
TABLE = Table("a", ("k", "p"))
FEW = Relation("few", ("v",), is_change=True)
OTHERS = Relation("others", ("v",), is_change=True)
POSITIVE = Expression(("", " > 0"), ("p",))
NEGATIVE = Expression(("", " < 0"), ("p",))


def _matched(worlds: Worlds, world: World, values: Step, condition: Expression) -> Step:
    rows = Filter(worlds.of(TABLE, world), (condition,))
    return Project(semi_join(rows, values, [same("p", "v")]), (("k", column("k")),))


def _read(*branches: tuple[World, Step, Expression], upstream: Upstream = CHANGED) -> list[str]:
    worlds = Worlds({"a": upstream})
    return _merged(worlds, *(_matched(worlds, *branch) for branch in branches))


def _merged(worlds: Worlds, *branches: Step) -> list[str]:
    return [to_sql(each, "spark") for each in merged(branches, ["k"], Names(), worlds)]


def test_what_has_gone_stands_for_the_table_as_it_was() -> None:
    now, gone = _read((World.OLD, FEW, POSITIVE), (World.NEW, FEW, POSITIVE))
    assert "from a_now as t1" in now
    assert "from a_del as t1" in gone


def test_the_table_as_it_is_is_read_without_conditions_then() -> None:
    """Those of the branch that is left out may be others."""
    texts = _read((World.OLD, FEW, NEGATIVE), (World.NEW, FEW, POSITIVE))
    assert len(texts) == 2
    assert not [text for text in texts if "0" in text]


def test_the_table_as_it_was_is_read_where_it_is_asked_for_more() -> None:
    old, now = _read((World.OLD, OTHERS, POSITIVE), (World.NEW, FEW, POSITIVE))
    assert "from a_old as t1" in old
    assert "p > 0" in old
    assert "from a_now as t1" in now


def test_nothing_is_read_for_it_where_nothing_has_gone() -> None:
    appended = Upstream(("k", "p"), "a_now", "a_old", "a_ins")
    (now,) = _read((World.OLD, FEW, POSITIVE), (World.NEW, FEW, POSITIVE), upstream=appended)
    assert "from a_now as t1" in now


def test_what_has_gone_is_read_once_where_all_of_it_is_shown() -> None:
    worlds = Worlds({"a": CHANGED})
    gone = worlds.changed(TABLE, World.OLD)
    assert gone
    shown = Project(gone, (("k", column("k")),))
    matched = [_matched(worlds, world, FEW, POSITIVE) for world in World]
    texts = _merged(worlds, shown, *matched)
    assert [text.split("from ")[1].split()[0] for text in texts] == ["a_del", "a_now"]
