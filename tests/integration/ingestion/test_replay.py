"""Replay: rows that quarantine keeps come back once their cause is repaired, each of them once."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingestion.connectors.batches import Rejection
from ingestion.loading.replay_table import ReplayResult
from ingestion.quarantine.store import Quarantine
from ingestion.raw_tables.landing import Landing
from ingestion.raw_tables.load_metadata import LoadMetadata
from ingestion.sources import load_sources
from lake.errors import ConfigurationError
from lake.lake import Lake
from tests.integration.ingestion.checker import Row, judge, tuples
from tests.integration.ingestion.lakehouse import Lakehouse, table

pytestmark = pytest.mark.postgres

CREATE = """
create table items (
    item_id bigint primary key, label text, score numeric(8,2),
    updated_at timestamptz default clock_timestamp()
)
"""
PLAIN = {"item_id": "bigint", "label": "string", "updated_at": "timestamp"}
SCORED = {**PLAIN, "score": "decimal(8,2)"}


def declared(columns: dict[str, str], **ingestion: object) -> dict[str, Any]:
    """Return the declaration of `items` with these columns, incremental by updated_at."""
    defaults = {"load": "incremental", "key": ["item_id"], "cursor": "updated_at"}
    return table("items", columns, **(defaults | ingestion))


@pytest.fixture
def kept(lakehouse: Lakehouse) -> Lakehouse:
    """Return a lake that has items 1 and 6, and keeps 4 and 5 because of their scores."""
    lakehouse.execute(CREATE)
    lakehouse.declare(declared(SCORED))
    lakehouse.execute("insert into items values (1, 'a', 1)")
    lakehouse.execute("insert into items values (4, 'd', 'NaN')")
    lakehouse.execute("insert into items values (5, 'e', 'NaN')")
    lakehouse.execute("insert into items values (6, 'f', 6)")
    result = lakehouse.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (2, 2)
    return lakehouse


@pytest.fixture
def repaired(kept: Lakehouse) -> Lakehouse:
    """Return that lake after the declaration was changed so that items 4 and 5 fit."""
    kept.declare(declared(PLAIN))
    return kept


def _ids(lakehouse: Lakehouse) -> list[int]:
    return sorted(row["item_id"] for row in lakehouse.rows(columns="item_id"))


def _open(lakehouse: Lakehouse) -> list[Row]:
    return [row for row in lakehouse.quarantined() if row["resolution"] is None]


def _resolutions(lakehouse: Lakehouse) -> dict[str, str | None]:
    return {json.loads(r["key"])["item_id"]: r["resolution"] for r in lakehouse.quarantined()}


def test_it_says_where_a_row_came_from_and_what_its_values_are(kept: Lakehouse) -> None:
    first = min(kept.quarantined(), key=lambda row: row["key"])
    assert json.loads(first["key"]) == {"item_id": "4"}
    assert first["rule"] == "not_representable"
    assert first["reason"].startswith("score is 'NaN'")
    place = json.loads(first["place"])
    assert (place["schema"], place["table"]) == ("public", "items")
    assert place["updated_at"] == json.loads(first["row"])["updated_at"]
    assert json.loads(first["kinds"])["score"] == "numeric"
    assert first["_load_id"] in {row["_load_id"] for row in kept.rows()}


def test_rows_that_fit_by_now_come_back_once_and_are_marked(repaired: Lakehouse) -> None:
    """Fault replay-twice."""
    before = datetime.now(UTC)
    result = repaired.replay()
    assert (result.replayed, result.unfit) == (2, 0)
    assert judge([1, 4, 5, 6], _ids(repaired)).is_clean
    back = repaired.rows(where=f"_load_id = '{result.load_id}'")
    assert sorted(tuples(back, "item_id", "label")) == [(4, "d"), (5, "e")]
    assert [json.loads(row["_rescued"]) for row in back] == [{"score": "NaN"}] * 2
    for row in repaired.quarantined():
        assert (row["resolution"], row["resolved_by_load_id"]) == ("replayed", result.load_id)
        assert before <= row["resolved_at"] <= datetime.now(UTC)
    again = repaired.replay()
    assert again == ReplayResult("app.items", seconds=again.seconds)
    assert judge([1, 4, 5, 6], _ids(repaired)).is_clean
    assert repaired.lake.snapshots("raw_app.items") == 2


def test_the_books_hold_for_each_load_and_for_the_replay(repaired: Lakehouse) -> None:
    repaired.replay()
    repaired.ingest()
    loads = repaired.lake.rows("ops.loads")
    assert sorted(row["load_mode"] for row in loads) == ["incremental", "replay"]
    for load in loads:
        landed = len(repaired.rows(where=f"_load_id = '{load['load_id']}'"))
        assert load["rows_landed_count"] == landed
        assert load["rows_read_count"] == landed + load["rows_quarantined_count"]


def test_the_next_load_goes_on_from_where_the_last_one_was(repaired: Lakehouse) -> None:
    repaired.replay()
    assert repaired.ingest().rows_read == 0
    repaired.execute("insert into items values (7, 'g', 7)")
    assert repaired.ingest().rows_landed == 1
    assert judge([1, 4, 5, 6, 7], _ids(repaired)).is_clean
    assert len({row["load_id"] for row in repaired.lake.rows("ops.loads")}) == 3


def test_what_still_does_not_fit_stays_with_its_newest_reason(kept: Lakehouse) -> None:
    kept.declare(declared({**PLAIN, "score": "decimal(10,2)"}))
    result = kept.replay()
    assert (result.replayed, result.unfit, result.load_id) == (0, 2, None)
    assert all("which no decimal(10,2) can hold" in row["reason"] for row in _open(kept))
    assert len(_open(kept)) == 2
    assert _ids(kept) == [1, 6]
    files = kept.lake.files("quarantine.app")
    assert kept.replay().unfit == 2
    assert kept.lake.files("quarantine.app") == files, "nothing changed, nothing was written"


def test_a_value_that_a_wider_type_holds_comes_back_exactly(kept: Lakehouse) -> None:
    """The raw table is widened for it, as by a load."""
    kept.execute("alter table items add column size int")
    kept.declare(declared({**SCORED, "size": "int"}))
    kept.ingest()
    long_ago = "2024-01-01 00:00:00.000001+00"
    row: dict[str, str | None] = {
        "item_id": "9",
        "label": "i",
        "updated_at": long_ago,
        "size": "9007199254740993",
    }
    _keep(kept, Rejection("not_representable", "size is too large", row, {"item_id": "9"}))
    assert kept.replay().unfit == 3
    [kept_row] = [r for r in _open(kept) if "size" in r["reason"]]
    assert kept_row["reason"] == "size is '9007199254740993' (int4), which no int can hold"
    kept.declare(declared({**SCORED, "size": "bigint"}))
    assert (result := kept.replay()).replayed == 1, result
    [back] = kept.rows(where="item_id = 9")
    assert back["size"] == 9007199254740993
    assert back["updated_at"] == datetime(2024, 1, 1, microsecond=1, tzinfo=UTC)


def _keep(lakehouse: Lakehouse, *rejections: Rejection) -> None:
    """Put rows into quarantine as a load would."""
    [source] = load_sources(lakehouse.folder)
    stamp = LoadMetadata("by hand", datetime.now(UTC))
    quarantine = Quarantine(Lake(lakehouse.settings), source.tables[0], stamp)
    quarantine.add(rejections)
    quarantine.store()


def test_a_row_that_the_next_load_reads_anyway_is_left_to_it(kept: Lakehouse) -> None:
    """Else it would be landed twice: its cursor is above all that were landed."""
    kept.execute("insert into items values (7, 'g', 'NaN')")
    kept.ingest()
    kept.declare(declared(PLAIN))
    result = kept.replay()
    assert (result.replayed, result.waiting) == (2, 1)
    assert kept.ingest().rows_landed == 1
    assert judge([1, 4, 5, 6, 7], _ids(kept)).is_clean
    assert kept.replay().landed == 1
    assert _resolutions(kept) == {"4": "replayed", "5": "replayed", "7": "landed"}
    assert judge([1, 4, 5, 6, 7], _ids(kept)).is_clean


def test_what_a_full_refresh_has_landed_is_only_marked(repaired: Lakehouse) -> None:
    repaired.ingest(full_refresh=True)
    result = repaired.replay()
    assert (result.replayed, result.landed) == (0, 2)
    [load_id] = {row["_load_id"] for row in repaired.rows()}
    assert {row["resolved_by_load_id"] for row in repaired.quarantined()} == {load_id}
    assert judge([1, 4, 5, 6], _ids(repaired)).is_clean


def test_a_row_mended_upstream_is_marked_as_superseded(kept: Lakehouse) -> None:
    kept.execute("update items set score = 4, updated_at = clock_timestamp() where item_id = 4")
    kept.ingest()
    result = kept.replay()
    assert (result.superseded, result.unfit) == (1, 1)
    assert _resolutions(kept) == {"4": "superseded", "5": None}
    assert _ids(kept) == [1, 4, 6]


def test_an_older_version_comes_back_as_the_older_one(kept: Lakehouse) -> None:
    kept.execute("update items set score = 4, updated_at = clock_timestamp() where item_id = 4")
    kept.ingest()
    kept.declare(declared(PLAIN))
    assert kept.replay().replayed == 2
    versions = sorted(kept.rows(where="item_id = 4"), key=lambda row: row["updated_at"])
    assert len(versions) == 2
    assert versions[0]["_load_id"].startswith("replay-")
    assert versions[0]["_ingested_at"] > versions[1]["_ingested_at"]


def test_a_row_deleted_upstream_since_does_not_rise_again(kept: Lakehouse) -> None:
    kept.execute("update items set score = 'NaN', updated_at = clock_timestamp() where item_id = 1")
    kept.execute("insert into items values (7, 'g', 7)")
    kept.ingest()
    kept.execute("delete from items where item_id = 1")
    assert kept.ingest(deletes=True).rows_deleted == 1
    kept.declare(declared(PLAIN))
    result = kept.replay()
    assert (result.replayed, result.superseded) == (2, 1)
    assert _resolutions(kept)["1"] == "superseded"
    assert [row["_is_deleted"] for row in kept.rows(where="item_id = 1")].count(False) == 1


def test_a_cursor_that_was_mended_supersedes_the_row_without_one(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE)
    lakehouse.declare(declared(SCORED))
    lakehouse.execute("insert into items values (1, 'a', 1, null), (2, 'b', 2, '2999-01-01Z')")
    lakehouse.execute("insert into items values (3, 'c', 3)")
    lakehouse.ingest()
    assert lakehouse.replay().unfit == 2
    lakehouse.execute("update items set updated_at = clock_timestamp() where item_id < 3")
    lakehouse.ingest()
    assert lakehouse.replay().superseded == 2, "where no cursor tells, the time of the load does"
    assert _ids(lakehouse) == [1, 2, 3]


def test_another_cursor_lets_rows_without_the_old_one_come_back(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE.replace("label text", "created_at timestamptz, label text"))
    columns = {**SCORED, "created_at": "timestamp"}
    lakehouse.declare(declared(columns))
    lakehouse.execute("insert into items values (1, '2024-01-01Z', 'a', 1, null)")
    lakehouse.execute("insert into items values (2, '2024-01-02Z', 'b', 2)")
    lakehouse.ingest()
    lakehouse.declare(declared(columns, cursor="created_at"))
    assert lakehouse.replay().replayed == 1
    assert judge([1, 2], _ids(lakehouse)).is_clean


def test_of_two_kept_rows_of_one_version_the_one_read_last_comes_back(kept: Lakehouse) -> None:
    kept.execute("update items set label = 'later' where item_id = 4")
    kept.ingest(full_refresh=True)
    assert len(kept.quarantined()) == 3
    kept.declare(declared(PLAIN))
    result = kept.replay()
    assert (result.replayed, result.landed) == (2, 1)
    assert {row["label"] for row in kept.rows(where="item_id = 4")} == {"later"}
    assert judge([1, 4, 5, 6], _ids(kept)).is_clean
    assert _open(kept) == []


def test_a_table_loaded_in_full_is_left_to_its_next_load(kept: Lakehouse) -> None:
    """Its rows have no version but the load's time, so an old one would win over a newer one."""
    kept.declare(table("items", SCORED, load="full", key=["item_id"]))
    kept.ingest()
    kept.declare(table("items", PLAIN, load="full", key=["item_id"]))
    assert kept.replay().waiting == 2
    kept.ingest()
    assert kept.replay().superseded == 2
    assert judge([1, 4, 5, 6], _ids(kept)).is_clean


def test_a_change_that_the_raw_table_cannot_take_is_named(kept: Lakehouse) -> None:
    kept.declare(declared({**PLAIN, "score": "string"}))
    with pytest.raises(ConfigurationError, match=r"score: decimal\(8, 2\), .* declared string"):
        kept.replay()
    assert len(_open(kept)) == 2


def test_nothing_kept_is_nothing_to_do(lakehouse: Lakehouse) -> None:
    lakehouse.execute(CREATE)
    lakehouse.declare(declared(SCORED))
    assert lakehouse.replay().replayed == 0
    assert lakehouse.lake.table("raw_app.items") is None


def test_a_commit_of_another_in_between_is_seen_and_planned_anew(
    repaired: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault replay-twice, the lock being off: both want to put back the same rows."""
    for module in ("ingestion.loading.replay", "ingestion.api"):
        monkeypatch.setattr(f"{module}.source_lock", lambda *_: contextlib.nullcontext())
    commit = Landing.commit

    def overtaken(self: Landing, *arguments: object) -> int:
        monkeypatch.setattr(Landing, "commit", commit)
        assert repaired.replay().replayed == 2
        return commit(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Landing, "commit", overtaken)
    result = repaired.replay()
    assert (result.replayed, result.landed) == (0, 0)
    assert judge([1, 4, 5, 6], _ids(repaired)).is_clean


def test_many_rows_come_back_chunk_by_chunk(
    repaired: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.quarantine.rows.CHUNK_ROWS", 7)
    old = datetime.now(UTC) - timedelta(days=1)
    rows: list[dict[str, str | None]] = [
        {
            "item_id": str(n),
            "label": str(n),
            "updated_at": f"{old:%Y-%m-%d %H:%M:%S.%f}+00",
            "score": "NaN",
        }
        for n in range(100, 160)
    ]
    rejections = (Rejection("r", "", row, {"item_id": row["item_id"]}) for row in rows)
    _keep(repaired, *rejections)
    assert repaired.replay().replayed == 62
    assert judge([1, 4, 5, 6, *range(100, 160)], _ids(repaired)).is_clean


# A row that comes back is what a load would have landed

EVERY_KIND = {
    "yes_value": ("bool", "boolean", "false"),
    "small_value": ("int2", "bigint", "-7"),
    "exact_value": ("numeric(18,4)", "decimal(18,4)", "-12345678901234.5678"),
    "short_value": ("numeric(9,2)", "decimal(9,2)", "1234567.89"),
    "single_value": ("float4", "double", "0.1"),
    "real_value": ("float8", "double", "'-Infinity'"),
    "day_value": ("date", "date", "'0001-01-01'"),
    "moment_value": ("timestamptz", "timestamp", "'2024-02-29 23:59:59.999999+05:30'"),
    "local_value": ("timestamp", "timestamp", "'2024-02-29 23:59:59.5'"),
    "bytes_value": ("bytea", "binary", "'\\x00ff5c0a'"),
    "words_value": ("text", "string", "E'tab\\t line\\n back\\\\slash \\\\N quote\" é 🙂'"),
    "list_value": ("int[]", "string", "'{1,2}'"),
    "document_value": ("jsonb", "string", """'{"a": "\\n"}'"""),
    "nothing_value": ("text", "string", "null"),
    "empty_value": ("text", "string", "''"),
}


def test_every_type_comes_back_as_a_load_lands_it(lakehouse: Lakehouse) -> None:
    """Fault odd-values."""
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in EVERY_KIND.items())
    values = ", ".join(value for _, _, value in EVERY_KIND.values())
    for name in ("items", "others"):
        lakehouse.execute(
            f"create table {name} (item_id int, score numeric, updated_at timestamptz, {columns})"
        )
        lakehouse.execute(f"insert into {name} values (1, 'NaN', '2024-01-01Z', {values})")
        lakehouse.execute(f"insert into {name} values (2, 1, '2024-01-02Z')")
    plain = {"item_id": "int", "updated_at": "timestamp"}
    plain |= {name: kind for name, (_, kind, _) in EVERY_KIND.items()}
    loaded = {"load": "incremental", "key": ["item_id"], "cursor": "updated_at"}
    others = table("others", plain, **loaded)
    lakehouse.execute("alter table items alter column score type numeric(8,2)")
    lakehouse.declare(table("items", {**plain, "score": "decimal(8,2)"}, **loaded), others)
    lakehouse.ingest_all()
    lakehouse.declare(table("items", plain, **loaded), others)
    assert lakehouse.replay().replayed == 1
    [replayed] = lakehouse.rows("items", columns=", ".join(plain), where="item_id = 1")
    [landed] = lakehouse.rows("others", columns=", ".join(plain), where="item_id = 1")
    assert replayed == landed


# Personal data

PERSONAL = {**SCORED, "label": "string token"}


@pytest.fixture
def persons(lakehouse: Lakehouse) -> Lakehouse:
    """Return a lake that keeps item 1, whose label is a token, because of its score."""
    lakehouse.execute(CREATE)
    lakehouse.execute("insert into items values (1, 'ada@canary.example', 'NaN')")
    lakehouse.execute("insert into items values (2, 'ada@canary.example', 2)")
    return lakehouse


def test_a_token_comes_back_as_the_same_token(persons: Lakehouse) -> None:
    persons.declare(declared(PERSONAL))
    persons.ingest()
    persons.declare(declared({**PLAIN, "label": "string token"}))
    assert persons.replay().replayed == 1
    [token] = {row["label"] for row in persons.rows()}
    assert len(token) == 64
    [back] = persons.rows(where="item_id = 1")
    assert len(json.loads(back["_rescued"])["score"]) == 64, "undeclared values become tokens too"


def test_what_is_personal_since_comes_back_as_a_token(persons: Lakehouse) -> None:
    persons.declare(declared(SCORED))
    persons.ingest()
    persons.declare(declared({**PLAIN, "label": "string token"}))
    persons.replay()
    [back] = persons.rows(where="item_id = 1")
    persons.ingest(full_refresh=True)
    [landed] = persons.rows(where="item_id = 1")
    assert back["label"] == landed["label"] != "ada@canary.example"


def test_a_value_of_which_only_the_token_is_kept_stays_out(persons: Lakehouse) -> None:
    persons.declare(declared(PERSONAL))
    persons.ingest()
    persons.declare(declared(PLAIN))
    assert persons.replay().unfit == 1
    [row] = _open(persons)
    assert row["rule"] == "kept_as_token"
    assert _ids(persons) == [2]
