"""A key of tokens that changed is noticed before rows are written, and tokens are made anew."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lake.errors import TokenKeyError
from lake.settings import Failpoint
from operations.cli.app import app
from tests.integration.files.drop import Drop
from tests.integration.files.drop import table as file_table
from tests.integration.ingestion.fork import KILLED, ended
from tests.integration.ingestion.home import TOKEN_KEY, LakeHome
from tests.integration.ingestion.lakehouse import Lakehouse, table

OTHER_KEY = TOKEN_KEY[::-1]
COLUMNS = {"id": "int", "email": "string token", "score": "decimal(5,2)", "at": "timestamp"}
Rotate = Callable[..., Result]


@pytest.fixture
def rotate(monkeypatch: pytest.MonkeyPatch) -> Rotate:
    """Return what runs `firn rotate-key` in a home."""

    def run(home: LakeHome, *options: str) -> Result:
        monkeypatch.setenv("FIRN_PROJECT_DIR", str(home.folder))
        monkeypatch.setenv("FIRN_HOME", str(home.home))
        return CliRunner().invoke(app, ["rotate-key", *options])

    return run


@pytest.fixture
def people(lakehouse: Lakehouse) -> Lakehouse:
    """Return a lake over two tables of persons, one loaded in full, each with a bad row."""
    for name in ("people", "visitors"):
        lakehouse.execute(
            f"create table {name} (id int primary key, email text, score numeric(5,2),"
            " at timestamptz default clock_timestamp())"
        )
        lakehouse.execute(
            f"insert into {name} values (1, 'a@b.c', 1), (2, 'd@e.f', 2), (3, 'a@b.c', 'NaN'),"
            " (4, null, 'NaN')"
        )
    lakehouse.declare(
        table("people", COLUMNS, load="full", key=["id"]),
        table("visitors", COLUMNS, load="incremental", key=["id"], cursor="at"),
    )
    lakehouse.ingest_all()
    return lakehouse


def _set_key(people: Lakehouse, key: str) -> None:
    people.set_secrets(SOURCE_URL=people.reader_url, FIRN_TOKEN_KEY=key)


def _tokens(people: Lakehouse, name: str) -> dict[int, str]:
    return {row["id"]: row["email"] for row in people.rows(name)}


def _open(people: Lakehouse) -> set[str | None]:
    return {
        json.loads(row["row"])["email"] for row in people.quarantined() if not row["resolution"]
    }


@pytest.mark.postgres
def test_a_key_that_changed_is_noticed_for_every_table(people: Lakehouse) -> None:
    """Fault token-key-changed: no row is written with it, also none of quarantine."""
    before = {name: _tokens(people, name) for name in ("people", "visitors")}
    people.execute("insert into visitors values (5, 'a@b.c', 5)")
    _set_key(people, OTHER_KEY)
    for name in before:
        for options in ({}, {"full_refresh": True}):
            with pytest.raises(TokenKeyError, match=f"app.{name}.*another key") as raised:
                people.ingest(f"app.{name}", **options)
            assert raised.value.exit_code == 3
            assert OTHER_KEY not in str(raised.value)
        with pytest.raises(TokenKeyError):
            people.replay(f"app.{name}")
    assert {name: _tokens(people, name) for name in before} == before
    _set_key(people, TOKEN_KEY)
    assert people.ingest("app.visitors").rows_landed == 1
    tokens = _tokens(people, "visitors")
    assert tokens[5] == tokens[1] == _tokens(people, "people")[1]


@pytest.mark.postgres
def test_all_tokens_are_made_anew(people: Lakehouse, rotate: Rotate) -> None:
    """Rows of quarantine are read again too; those of the former key are resolved."""
    before, kept = _tokens(people, "people"), _open(people)
    people.execute("delete from visitors where id = 2")
    _set_key(people, OTHER_KEY)
    done = rotate(people)
    assert done.exit_code == 0
    assert "1 rows gone upstream stay, deleted, with their former tokens" in done.output
    after = _tokens(people, "people")
    assert not set(before.values()) & set(after.values())
    assert _tokens(people, "visitors") == {1: after[1], 2: before[2]}
    assert after[1] in _open(people)
    assert _open(people) & kept == {None}
    people.ingest_all()
    assert "app" not in rotate(people).output  # nothing is left to do
    people.execute("insert into visitors values (6, 'a@b.c', 6)")
    people.ingest("app.visitors")
    assert _tokens(people, "visitors")[6] == after[1]


@pytest.mark.postgres
@pytest.mark.parametrize("key", [TOKEN_KEY, OTHER_KEY])
@pytest.mark.parametrize("point", [Failpoint.BEFORE_COMMIT, Failpoint.AFTER_COMMIT])
def test_a_kill_leaves_either_key_usable(
    people: Lakehouse, rotate: Rotate, key: str, point: Failpoint
) -> None:
    """Each table is of one key whatever happens; run again, with either key, it is finished."""
    _set_key(people, OTHER_KEY)
    process = people.ingest_in_process(point, full_refresh=True, new_key=True)
    assert ended(process) == KILLED
    _set_key(people, key)
    assert rotate(people).exit_code == 0
    tokens = _tokens(people, "people")
    assert len({*tokens.values()} - {None}) == 2
    assert _tokens(people, "visitors") == tokens
    assert _open(people) == {None, tokens[1]}
    people.ingest_all()


def test_tokens_of_file_names_are_of_one_key_too(tmp_path: Path, rotate: Rotate) -> None:
    drop = Drop(tmp_path)
    drop.set_up()
    drop.declare(file_table("items", {"id": "int"}, file_names="token"))
    drop.put("items/1.jsonl", '{"id": 1}\n{"id": "x"}\n')
    drop.ingest()
    before = [row["_file_name"] for row in drop.rows()]
    drop.set_secrets(DROP_FILES=str(drop.landing), FIRN_TOKEN_KEY=OTHER_KEY)
    drop.put("items/2.jsonl", '{"id": 2}\n')
    with pytest.raises(TokenKeyError):
        drop.ingest()
    assert rotate(drop).exit_code == 0
    assert [row["_file_name"] for row in drop.rows(where="id = 1")] != before
    assert len(drop.rows()) == 2


def test_files_are_read_again_where_they_still_are(tmp_path: Path, rotate: Rotate) -> None:
    drop = Drop(tmp_path)
    drop.set_up()
    drop.declare(file_table("items", {"id": "int", "email": "string token"}))
    drop.put("items/1.jsonl", '{"id": 1, "email": "a@b.c"}\n')
    second = drop.put("items/2.jsonl", '{"id": 2, "email": "d@e.f"}\n{"id": "x", "email": "g"}\n')
    drop.ingest()
    before = {row["id"]: row["email"] for row in drop.rows()}
    drop.set_secrets(DROP_FILES=str(drop.landing), FIRN_TOKEN_KEY=OTHER_KEY)
    drop.put("items/3.jsonl", '{"id": 3, "email": "a@b.c"}\n')
    with pytest.raises(TokenKeyError):
        drop.ingest()
    content = second.read_bytes()
    second.unlink()
    refused = rotate(drop)
    assert refused.exit_code == 3
    assert re.search("of 2 files, 1 of them are gone", refused.output.replace("\n", " "))
    assert {row["id"]: row["email"] for row in drop.rows()} == before
    second.write_bytes(content)
    assert rotate(drop).exit_code == 0
    after = {row["id"]: row["email"] for row in drop.rows()}
    assert after.keys() == {1, 2, 3}
    assert after[1] == after[3]
    assert not set(before.values()) & set(after.values())
    assert [(row["row"], row["resolution"]) for row in drop.quarantined()] == [("{}", None)]
