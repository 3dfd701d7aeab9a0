"""Rows that cannot be landed: each is kept with its reason, once, and the others land."""

import json
import re
import threading

import pytest

from ingestion.results import Outcome
from lake.errors import LoadError
from tests.integration.ingestion.checker import judge, tuples
from tests.integration.ingestion.lakehouse import (
    CREATE_ITEMS,
    Lakehouse,
    items,
    table,
)

pytestmark = pytest.mark.postgres


def _rules(lakehouse: Lakehouse) -> list[str]:
    return sorted(row["rule"] for row in lakehouse.quarantined())


def test_a_null_or_future_cursor_is_set_aside_and_counted(with_items: Lakehouse) -> None:
    """Fault bad-cursor.

    NULL, the year 2999, and a clock that was set back; the next normal rows land.
    """
    with_items.execute("insert into items values (1, 'good')")
    with_items.execute("insert into items values (2, 'null', null), (3, 'far', '2999-01-01Z')")
    with_items.execute("insert into items values (4, 'set back', now() - interval '1 day')")
    first = with_items.ingest()
    assert (first.rows_landed, first.rows_quarantined) == (2, 2)
    assert _rules(with_items) == ["cursor_in_the_future", "cursor_is_null"]
    with_items.execute("insert into items values (5, 'next')")
    second = with_items.ingest()
    assert (second.rows_landed, second.rows_quarantined) == (1, 2)
    assert len(with_items.quarantined()) == 2
    assert judge([1, 4, 5], [row["item_id"] for row in with_items.rows()]).is_clean


def test_a_row_is_taken_once_its_cursor_is_corrected(with_items: Lakehouse) -> None:
    """Fault bad-cursor."""
    with_items.execute("insert into items values (1, 'a', null)")
    with_items.ingest()
    with_items.execute("update items set updated_at = clock_timestamp()")
    assert with_items.ingest().rows_landed == 1


def test_a_row_without_key_is_set_aside(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE_ITEMS.replace(" primary key", ""))
    lakehouse.declare(items())
    lakehouse.execute("insert into items values (1, 'a'), (null, 'b'), (null, 'b')")
    lakehouse.execute("update items set updated_at = '2024-01-01Z'")
    result = lakehouse.ingest()
    assert (result.rows_read, result.rows_landed, result.rows_quarantined) == (3, 1, 2)
    rows = lakehouse.quarantined()
    assert [row["rule"] for row in rows] == ["key_is_null", "key_is_null"]
    assert json.loads(rows[0]["key"]) == {"item_id": None}


UNFIT = {
    "amount": "'NaN'",
    "day": "'infinity'",
    "moment": "'-infinity'",
    "day ": "'0044-03-15 BC'",
    "moment ": "'12024-01-01 00:00Z'",
}


@pytest.fixture
def measured(lakehouse: Lakehouse) -> Lakehouse:
    """Return a lake over a table with types that have values no lake can hold."""
    lakehouse.execute(
        "create table items (item_id int primary key, amount numeric(18,2), day date,"
        " moment timestamptz, note text)"
    )
    columns = {
        "item_id": "int",
        "amount": "decimal(18,2)",
        "day": "date",
        "moment": "timestamp",
        "note": "string",
    }
    lakehouse.declare(table("items", columns, load="full", key=["item_id"]))
    return lakehouse


@pytest.mark.parametrize(("column", "value"), UNFIT.items())
def test_a_value_no_lake_can_hold_is_set_aside_not_nulled(
    measured: Lakehouse, column: str, value: str
) -> None:
    """Fault odd-values: only the row that holds it; its neighbours keep every value."""
    measured.execute(
        "insert into items select n, n + 0.01, '2024-02-29', '2024-02-29 12:00:00.5Z', E'a\"\\n,b'"
        " from generate_series(1, 50) as n"
    )
    measured.execute(f"update items set {column} = {value} where item_id = 25")
    result = measured.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (49, 1)
    [row] = measured.quarantined()
    assert row["rule"] == "not_representable"
    assert row["reason"].startswith(f"{column.strip()} is '")
    assert json.loads(row["row"])["item_id"] == "25"
    expected = measured.query("select * from items where item_id <> 25 order by 1")
    found = sorted(tuples(measured.rows(), "item_id", "amount", "day", "moment", "note"))
    assert found == expected


def test_two_faults_of_one_row_count_as_one(measured: Lakehouse) -> None:
    measured.execute("insert into items values (1, 'NaN', 'infinity'), (2, 1, null)")
    result = measured.ingest()
    assert (result.rows_read, result.rows_landed, result.rows_quarantined) == (2, 1, 1)


def test_a_load_that_is_repeated_stores_no_row_twice(measured: Lakehouse) -> None:
    measured.execute("insert into items select n, 'NaN' from generate_series(1, 5) as n")
    measured.execute("insert into items select n, n from generate_series(6, 99) as n")
    measured.ingest()
    measured.execute("insert into items values (100, 1)")
    measured.ingest()
    assert len(measured.quarantined()) == 5


def test_a_source_that_is_mostly_bad_fails_after_its_rows_are_kept(measured: Lakehouse) -> None:
    """Fault mostly-bad-source."""
    measured.execute("insert into items select n, n from generate_series(1, 300) as n")
    measured.ingest()
    measured.execute("update items set amount = 'NaN' where item_id <= 150")
    with pytest.raises(LoadError, match="150 of 300 rows cannot be landed") as failure:
        measured.ingest()
    assert failure.value.exit_code == 1
    assert len(measured.quarantined()) == 150
    assert len(measured.rows()) == 300
    assert measured.lake.snapshots("raw_app.items") == 1


def test_a_hopeless_source_is_given_up_before_its_end(
    measured: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault mostly-bad-source: what was set aside until then is kept, and every thread ends."""
    monkeypatch.setattr("ingestion.loading.load.ABORT_AFTER_REJECTIONS", 1000)
    monkeypatch.setattr("ingestion.connectors.postgres.copy.BLOCK_BYTES", 10_000)
    measured.execute("insert into items values (0, 1)")
    measured.ingest()
    measured.execute("insert into items select n, 'NaN' from generate_series(1, 100000) as n")
    with pytest.raises(LoadError, match="rows cannot be landed"):
        measured.ingest()
    assert 1000 < len(measured.quarantined()) < 100_000
    assert {thread.name for thread in threading.enumerate()} & {"parse", "copy"} == set()


def test_without_the_guard_a_mostly_bad_source_would_land(
    measured: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault mostly-bad-source, guard off."""
    monkeypatch.setattr("ingestion.connectors.error_threshold.TOLERATED_SHARE", 1.0)
    measured.execute("insert into items select n, 'NaN' from generate_series(1, 150) as n")
    measured.execute("insert into items values (151, 1)")
    assert measured.ingest().outcome is Outcome.LANDED


def test_row_counts_that_do_not_balance_fail_the_load(
    with_items: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that drops a row without a word must not get it past the row counts."""
    from ingestion.raw_tables.landing import Landing

    write = Landing.write
    monkeypatch.setattr(Landing, "write", lambda self, rows: write(self, rows.slice(1)))
    with_items.execute("insert into items values (1, 'a'), (2, 'b')")
    with pytest.raises(LoadError, match="row counts do not balance: 2 rows read, 1 landed"):
        with_items.ingest()
    assert with_items.rows() == []


def test_rows_lost_on_the_wire_fail_the_load(
    with_items: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What PostgreSQL says it sent is compared with what was parsed."""
    from ingestion.connectors.postgres.copy import BlockCollector

    take = BlockCollector.take

    async def lossy(self: BlockCollector, chunk: bytes) -> None:
        await take(self, chunk.split(b"\n", 1)[1] or chunk)

    monkeypatch.setattr(BlockCollector, "take", lossy)
    with_items.execute("insert into items values (1, 'a'), (2, 'b'), (3, 'c')")
    with pytest.raises(LoadError, match="PostgreSQL sent 3 rows, 2 arrived"):
        with_items.ingest()
    assert with_items.rows() == []


# Personal data reaches no file of the lake, not even for rows that cannot be landed

CANARIES = ("Ada Canary", "ada@canary.example", "1815-12-10", "nickname-canary")


@pytest.fixture
def people(lakehouse: Lakehouse) -> Lakehouse:
    """Return a lake over a table of persons with a column that nobody declared."""
    lakehouse.execute(
        "create table people (person_id int, full_name text, email text, birth_date date,"
        " score numeric(5,2), nickname text)"
    )
    columns = {
        "person_id": "int",
        "full_name": "string drop",
        "email": "string token",
        "birth_date": "string token",
        "score": "decimal(5,2)",
    }
    lakehouse.declare(table("people", columns, load="full", key=["person_id"]))
    name, email, born, nick = CANARIES
    values = f"'{name}', '{email}', '{born}'"
    lakehouse.execute(
        f"insert into people values (1, {values}, 1, '{nick}'), (2, {values}, 'NaN', '{nick}'),"
        f" (null, {values}, 3, '{nick}'), (4, 'x', ' ADA@Canary.Example ', null, 4, null),"
        " (5, 'x', null, null, 5, null)"
    )
    return lakehouse


def test_no_value_is_in_any_file_below_home(people: Lakehouse) -> None:
    people.ingest()
    names = [row["full_name"] for row in people.rows("people", columns="null as full_name")]
    assert len(names) == 3
    assert len(people.quarantined()) == 2
    found = [
        (canary, path)
        for path in people.home.rglob("*")
        if path.is_file()
        for canary in CANARIES
        if re.search(re.escape(canary).encode(), path.read_bytes(), re.IGNORECASE)
    ]
    assert found == []
    texts = [str(row) for row in people.rows("people") + people.quarantined()]
    assert not [c for c in CANARIES for t in texts if c.casefold() in t.casefold()]


def test_equal_values_have_equal_tokens_everywhere(people: Lakehouse) -> None:
    people.ingest()
    tokens = {row["person_id"]: row["email"] for row in people.rows("people")}
    assert tokens[1] == tokens[4]
    assert re.fullmatch("[0-9a-f]{64}", tokens[1])
    assert tokens[5] is None
    kept = {json.loads(row["row"])["email"] for row in people.quarantined()}
    assert kept == {tokens[1]}


def test_undeclared_values_are_tokenised_too(people: Lakehouse) -> None:
    result = people.ingest()
    assert "undeclared columns kept in _rescued: nickname" in result.notes
    rescued = {row["person_id"]: json.loads(row["_rescued"]) for row in people.rows("people")}
    assert re.fullmatch("[0-9a-f]{64}", rescued[1]["nickname"])
    assert rescued[5] == {"nickname": None}


def test_without_a_key_nothing_is_read(people: Lakehouse) -> None:
    people.set_secrets(SOURCE_URL=people.reader_url)
    with pytest.raises(Exception, match="FIRN_TOKEN_KEY is set neither in the environment"):
        people.ingest()
    assert people.lake.table("raw_app.people") is None


def test_a_value_too_long_to_partition_by_costs_its_row(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE_ITEMS)
    lakehouse.declare(items(partition_by=["label"]))
    lakehouse.execute("insert into items values (1, repeat('x', 300)), (2, 'ok'), (3, null)")
    result = lakehouse.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (2, 1)
    (row,) = lakehouse.quarantined()
    assert row["rule"] == "partition_too_long"
    assert "partition by bucket(16, label)" in row["reason"]
    lakehouse.execute("update items set label = 'short', updated_at = clock_timestamp()")
    lakehouse.ingest()
    assert {row["item_id"] for row in lakehouse.rows()} == {1, 2, 3}
