"""Back to what was published before: all tables at once, or none."""

from pathlib import Path

import pytest

from lake.errors import ConfigurationError, EnvironmentFault
from operations.publication.book import Kind, read_publications
from operations.publication.rollback import roll_back
from tests.unit.operations.publication.gold_lake import FACTS, SCHEMA, TOTALS, GoldLake, rows


@pytest.fixture
def gold(tmp_path: Path) -> GoldLake:
    """Return a lake with three publications."""
    made = GoldLake(tmp_path / "home")
    for number, invocation in enumerate(("one", "two", "three"), start=1):
        made.run(invocation, {1: 10 * number, 2: number})
    return made


def test_back_to_the_one_before(gold: GoldLake) -> None:
    done = roll_back(gold.lake)

    assert gold.read() == ({1: 20, 2: 2}, 22)
    assert set(done.moved) == {"gold.facts", "gold.totals"}
    assert (done.entry.publication_id, done.entry.rolled_back_to) == (4, 2)
    [entry] = read_publications(gold.lake, 1)
    assert (entry.kind, entry.invocation_id, entry.content_id) == (Kind.ROLLBACK, "two", 2)
    assert entry.tables == read_publications(gold.lake)[2].tables


def test_again_to_the_one_before_that(gold: GoldLake) -> None:
    roll_back(gold.lake)
    roll_back(gold.lake)
    assert gold.read() == ({1: 10, 2: 1}, 11)
    with pytest.raises(ConfigurationError, match="there is no publication before 1"):
        roll_back(gold.lake)


def test_to_a_later_one_again(gold: GoldLake) -> None:
    roll_back(gold.lake, 1)
    assert gold.read() == ({1: 10, 2: 1}, 11)
    roll_back(gold.lake, 3)
    assert gold.read() == ({1: 30, 2: 3}, 33)


def test_to_a_rollback_is_to_what_it_brought_back(gold: GoldLake) -> None:
    roll_back(gold.lake, 1)
    roll_back(gold.lake, 3)
    done = roll_back(gold.lake, 4)
    assert done.entry.rolled_back_to == 1
    assert gold.read() == ({1: 10, 2: 1}, 11)


def test_what_is_there_already_is_not_moved(gold: GoldLake) -> None:
    before = gold.table(FACTS).metadata_location
    done = roll_back(gold.lake, 3)
    assert done.moved == ()
    assert gold.table(FACTS).metadata_location == before


def test_a_number_that_was_never_given(gold: GoldLake) -> None:
    with pytest.raises(ConfigurationError, match="no publication 9: there are 1 to 3"):
        roll_back(gold.lake, 9)


def test_a_snapshot_that_has_expired(gold: GoldLake) -> None:
    first = read_publications(gold.lake)[-1].tables["gold.totals"].snapshot_id
    assert first
    gold.table(TOTALS).maintenance.expire_snapshots().by_id(first).commit()

    with pytest.raises(EnvironmentFault, match="gold.totals has not kept snapshot"):
        roll_back(gold.lake, 1)

    assert gold.read() == ({1: 30, 2: 3}, 33)
    assert len(read_publications(gold.lake)) == 3


def test_tables_that_came_or_went_since_are_named(gold: GoldLake) -> None:
    gold.catalog.create_table(("gold", "young"), SCHEMA).append(rows({7: 7}))
    gold.catalog.drop_table(TOTALS)

    done = roll_back(gold.lake, 1)

    assert (done.missing, done.younger) == (("gold.totals",), ("gold.young",))
    assert gold.table(("gold", "young")).scan().to_arrow().num_rows == 1
    assert "gold.young" in done.entry.tables


def test_to_when_a_table_had_no_snapshot(gold: GoldLake) -> None:
    young = gold.catalog.create_table(("gold", "young"), SCHEMA)
    gold.run("four", {1: 40})
    young.append(rows({7: 7}))
    gold.run("five", {1: 50})

    roll_back(gold.lake)

    assert gold.table(("gold", "young")).current_snapshot() is None
    assert gold.read() == ({1: 40}, 40)
    roll_back(gold.lake, 5)
    assert gold.table(("gold", "young")).scan().to_arrow().num_rows == 1
