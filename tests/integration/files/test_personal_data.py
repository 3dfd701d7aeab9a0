"""Personal data planted in every place of files: nothing that Firn writes or prints has it.

Fault leaked-secrets.
"""

import itertools
import json
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from ingestion.connectors.batches import Batch
from ingestion.connectors.files.declaration import FileTable
from ingestion.connectors.files.new_files import NewFiles
from ingestion.connectors.files.processed_files import ProcessedFiles
from ingestion.connectors.files.reading import FileReading
from ingestion.connectors.files.rows import FileRows
from ingestion.connectors.files.storage.folder import Folder
from ingestion.declarations import LoadMode, NewColumns
from ingestion.loading.replay import replay
from ingestion.personal_data import Tokeniser
from lake.errors import ConfigurationError
from operations.cli.app import app
from tests.integration.files.drop import Drop, table
from tests.integration.files.planted import (
    COLUMNS,
    CONTENTS,
    EMAIL,
    NAME,
    PHONE,
    PlantedFile,
    files,
    traces,
    traces_below,
)

SAID = (
    ["ingest"],
    ["replay"],
    ["status"],
    ["show", "quarantine.drop"],
    ["status", "--json"],
)
TOKENISER = Tokeniser(SecretStr("0123456789abcdef"))
numbers = itertools.count()


def run(drop: Drop, monkeypatch: pytest.MonkeyPatch, *command: str) -> Result:
    """Run a command of the drop's project."""
    monkeypatch.setenv("FIRN_PROJECT_DIR", str(drop.folder))
    monkeypatch.setenv("FIRN_HOME", str(drop.home))
    return CliRunner().invoke(app, command)


def made(folder: Path, new_columns: str = "rescue") -> Drop:
    """Make a drop whose tables, one a format, have personal data and secret names."""
    drop = Drop(folder)
    folder.mkdir()
    drop.set_up()
    tables = [table(form, COLUMNS, format=form, new_columns=new_columns) for form in CONTENTS]
    drop.declare(*tables, file_names="token")
    return drop


def found_of(
    drop: Drop, dropped: Sequence[PlantedFile], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Land files, look at what became of them, and return where what was planted is seen."""
    for file in dropped:
        drop.put(f"{file.form}/{file.name}", file.content, at=1_700_000_000)
    found: list[str] = []
    for command in SAID:
        ended = run(drop, monkeypatch, *command)
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        found += [f"{command}: {line}" for line in traces(ended.output)]
    return found + traces_below(drop.home)


@given(dropped=files())
@settings(
    max_examples=2,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_nothing_planted_is_written_or_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dropped: list[PlantedFile]
) -> None:
    number = next(numbers)
    drop = made(tmp_path / str(number), ("rescue", "freeze")[number % 2])
    assert found_of(drop, dropped, monkeypatch) == []


def declared(form: str, new_columns: NewColumns) -> FileTable:
    """Return the declaration of a table with personal data and secret names."""
    columns = [(name, *kind.split(" "), None)[:3] for name, kind in COLUMNS.items()]
    return FileTable.model_validate(
        {
            "source": "drop",
            "name": form,
            "files": "*",
            "format": form,
            "file_names": "token",
            "load": LoadMode.APPEND,
            "key": ("id",),
            "partition_by": (),
            "new_columns": new_columns,
            "stable_for": timedelta(0),
            "columns": tuple(
                {"name": name, "data_type": kind, "personal_data": personal}
                for name, kind, personal in columns
            ),
        }
    )


@pytest.mark.parametrize("form", CONTENTS)
@given(data=st.data(), new_columns=st.sampled_from([NewColumns.RESCUE, NewColumns.FREEZE]))
@settings(max_examples=25, deadline=None)
def test_nothing_planted_is_read_or_noted(
    form: str, data: st.DataObject, new_columns: NewColumns
) -> None:
    """The same of a reading alone, of many more files."""
    items, content = declared(form, new_columns), data.draw(CONTENTS[form])
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, NAME).write_bytes(content)
        new_files = NewFiles(
            Folder(Path(folder), "FILES"), items, ProcessedFiles(), tokeniser=TOKENISER
        )
        with FileReading(new_files, items, TOKENISER, {}) as reading:
            batches = [part for part in reading.batches if isinstance(part, Batch)]
    read = [*(row for b in batches for row in b.rows.to_pylist()), *reading.summary.notes]
    set_aside = [rejection for batch in batches for rejection in batch.rejections]
    assert read or set_aside
    assert traces("\n".join(map(repr, [*read, *set_aside]))) == []


SHIFTED = f"id,email,phone,name,amount,at,day,ok\n1,{EMAIL},{PHONE},{NAME},{EMAIL},,,\n"


def test_the_search_finds_what_is_not_held_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With reasons passed on as libraries give them, the same search finds the value."""
    monkeypatch.setattr(FileRows, "reason", lambda _, __, reason: reason)
    drop = made(tmp_path / "drop")
    found = found_of(drop, [PlantedFile("csv", "a", SHIFTED.encode())], monkeypatch)
    assert any("quarantine" in line and "parquet" in line for line in found)


def test_a_reason_names_rule_column_type_and_row(drop: Drop) -> None:
    drop.declare(table("items", COLUMNS, format="csv"))
    drop.put("items/a.csv", SHIFTED + f"2,{EMAIL},{PHONE},{NAME},3,,,\n{EMAIL},{NAME}\n")
    assert drop.ingest().rows_quarantined == 2
    kept = {json.loads(row["place"])["row"]: row for row in drop.quarantined()}
    assert (kept["1"]["rule"], kept["1"]["reason"]) == (
        "not_representable",
        "amount: the value is no decimal(10,2)",
    )
    assert kept["3"]["reason"].startswith("a value is not of the type")
    assert all("header" not in json.loads(row["place"]) for row in kept.values())


def test_a_missing_header_is_told_without_its_cells(drop: Drop) -> None:
    drop.declare(table("items", COLUMNS, format="csv"))
    drop.put("items/a.csv", f"1,{EMAIL},{PHONE},{NAME},ok,day,,\n")
    result = drop.ingest()
    (row,) = drop.quarantined()
    assert row["rule"] == "wrong_header"
    assert row["reason"].endswith("it has ok, day, 6 undeclared")
    assert any("6 undeclared" in note for note in result.notes)


def test_undeclared_names_are_tokens_and_counted(drop: Drop) -> None:
    drop.declare(table("items", {"id": "int", "email": "string token"}))
    drop.put("items/a.jsonl", json.dumps({"id": 1, "email": EMAIL, "A": 1, "a": 2, NAME: PHONE}))
    result = drop.ingest()
    (row,) = drop.rows()
    kept = json.loads(row["_rescued"])
    assert len(kept) == 3, "names are told apart to the letter"
    assert all(len(name) == 64 for name in kept)
    assert "undeclared fields kept in _rescued: 3, whose names may be personal" in result.notes


# names of files


def test_a_name_is_a_token_and_the_file_is_known_by_it(drop: Drop) -> None:
    items = table("items", {"id": "int"}, file_names="token")
    drop.declare(items)
    drop.put(f"items/{NAME}.jsonl", '{"id": 1}\n', at=1_700_000_000)
    drop.put("items/b.jsonl", '{"id": "x"}\n', at=1_700_000_000)
    drop.ingest()
    assert all(len(row["_file_name"]) == 64 for row in drop.rows())
    assert all(len(json.loads(row["place"])["file"]) == 64 for row in drop.quarantined())
    again = drop.ingest()
    assert (again.rows_read, again.notes) == (0, ())
    drop.put(f"items/{NAME}.jsonl", '{"id": 2}\n')
    changed = drop.ingest()
    assert (changed.rows_landed, changed.rows_quarantined) == (0, 1)
    assert "file_changed" in {row["rule"] for row in drop.quarantined()}
    assert traces(" ".join(changed.notes)) == []


@pytest.mark.parametrize(("before", "after"), [("keep", "token"), ("token", "keep")])
def test_files_stay_known_when_the_declaration_changes(drop: Drop, before: str, after: str) -> None:
    drop.declare(table("items", {"id": "int"}, file_names=before))
    drop.put("items/a.jsonl", '{"id": 1}\n', at=1_700_000_000)
    drop.ingest()
    drop.declare(table("items", {"id": "int"}, file_names=after))
    assert drop.ingest().rows_read == 0
    drop.put("items/b.jsonl", '{"id": 2}\n', at=1_700_000_000)
    assert drop.ingest().rows_landed == 1


def test_a_replayed_row_has_a_token_too(drop: Drop) -> None:
    drop.declare(table("items", {"id": "int"}))
    drop.put("items/a.jsonl", '{"id": 1}\n{"id": 3000000000}\n')
    assert drop.ingest().rows_quarantined == 1
    drop.declare(table("items", {"id": "bigint"}, file_names="token"))
    drop.ingest()
    (done,) = replay((), drop.settings)
    assert done.replayed == 1
    names = {row["id"]: row["_file_name"] for row in drop.rows()}
    assert (names[1], len(names[3_000_000_000])) == ("items/a.jsonl", 64)


def test_another_value_is_refused(drop: Drop) -> None:
    drop.declare(table("items", {"id": "int"}, file_names="hide"))
    with pytest.raises(ConfigurationError, match="file_names"):
        drop.ingest()
