"""Rows of files that quarantine keeps come back once, with the place they had.

Fault replay-twice.
"""

from pathlib import Path

from ingestion.loading.replay import replay
from tests.integration.files.drop import Drop, by, table

WRONG = {"id": "bigint", "name": "bigint"}
RIGHT = {"id": "bigint", "name": "string"}


def test_rows_come_back_when_they_are_declared_rightly(drop: Drop) -> None:
    lines = '{"id": 1, "name": 1}\n{"id": 2, "name": "x"}\n{"id": null, "name": 3}\n'
    rows = 'id,name\n11,1\n12,"x\ny"\n'
    lines_table, rows_table = table("items", WRONG), table("others", WRONG, format="csv")
    drop.declare(lines_table, rows_table)
    drop.put("items/a", lines)
    drop.put("others/a", rows)
    drop.ingest()
    assert (len(drop.rows()), len(drop.rows("others"))) == (1, 1)
    assert [(r.replayed, r.unfit) for r in replay((), drop.settings)] == [(0, 2), (0, 1)]
    drop.declare(table("items", RIGHT), table("others", RIGHT, format="csv"))
    drop.ingest("drop.others", full_refresh=True)
    assert by("id", drop.rows("others"))[12]["name"] == "x\ny"
    assert replay(("drop.others",), drop.settings)[0].landed == 1


def test_a_row_comes_back_once_with_its_place(drop: Drop) -> None:
    drop.declare(table("items", {"id": "int"}), table("others", {"id": "int"}, format="csv"))
    drop.put("items/a", '{"id": 1}\n{"id": 5000000000}\n{"id": null}\n')
    drop.put("others/a", "more,id\nx,1\ny,5000000000\n")
    drop.ingest()
    wide = {"id": "bigint"}
    drop.declare(table("items", wide), table("others", wide, format="csv"))
    first, second = replay((), drop.settings)
    assert (first.replayed, first.unfit, second.replayed) == (1, 1, 1)
    again = replay((), drop.settings)
    assert [(result.replayed, result.unfit) for result in again] == [(0, 1), (0, 0)]
    rows = by("id", drop.rows())
    assert {number: row["_file_row"] for number, row in rows.items()} == {1: 1, 5000000000: 2}
    assert len({(row["_file_name"], row["_file_hash"]) for row in rows.values()}) == 1
    assert by("id", drop.rows("others"))[5000000000]["_rescued"] == '{"more": "y"}'
    marks = {row["resolution"] for row in drop.quarantined()}
    assert marks == {"replayed", None}
    assert drop.ingest().rows_read == 0


def test_a_file_that_was_landed_since_is_marked(drop: Drop, tmp_path: Path) -> None:
    drop.declare(table("items", {"id": "bigint"}, new_columns="freeze"))
    drop.put("items/a", '{"id": 1, "more": 2}\n')
    assert drop.ingest().rows_quarantined == 1
    drop.declare(table("items", {"id": "bigint", "more": "bigint"}, new_columns="freeze"))
    assert drop.ingest().rows_landed == 1, "it is tried again when it is declared otherwise"
    assert replay((), drop.settings)[0].landed == 1
    assert {row["resolution"] for row in drop.quarantined()} == {"landed"}
