"""Many small files: what each costs does not grow with their number, in time nor in memory.

Fault many-small-files.
"""

import json
import time
from pathlib import Path

import pytest

from tests.integration.files.drop import Drop, by, table

FEW, MANY = 500, 2000
COLUMNS = {"id": "bigint", "v": "string"}
MEGABYTE = 1024 * 1024
LARGEST_BYTES = 450 * MEGABYTE
IN_PROCESS = (
    "from pathlib import Path; from ingestion.api import ingest; ingest([]);"
    "status = Path('/proc/self/status').read_text();"
    "print(int(status.split('VmHWM:')[1].split()[0]) * 1024)"
)


def put_files(drop: Drop, count: int) -> None:
    """Drop so many files of five rows, 300 bytes each."""
    for number in range(count):
        rows = (f"{number * 5 + row},{'x' * 50}\n" for row in range(5))
        drop.put(f"items/{number:05}.csv", "id,v\n" + "".join(rows))


@pytest.fixture
def declared(drop: Drop) -> Drop:
    """Return a drop folder for CSV."""
    drop.declare(table("items", COLUMNS, format="csv"))
    return drop


def cpu_seconds(drop: Drop, count: int) -> float:
    """Land so many files; return the seconds of computing, which other processes hardly change."""
    put_files(drop, count)
    start = time.process_time()
    result = drop.ingest()
    seconds = time.process_time() - start
    assert (result.rows_landed, result.rows_quarantined) == (5 * count, 0)
    return seconds


def test_the_time_of_a_file_does_not_grow_with_their_number(tmp_path: Path) -> None:
    spent = []
    for count in (10, FEW, MANY):  # the first one pays for what is imported
        drop = Drop(tmp_path / str(count))
        drop.folder.mkdir()
        drop.set_up()
        drop.declare(table("items", COLUMNS, format="csv"))
        spent.append(cpu_seconds(drop, count))
    assert spent[2] / MANY <= 2 * spent[1] / FEW


def test_memory_does_not_grow_with_the_number_of_files(declared: Drop) -> None:
    put_files(declared, 2 * MANY)
    process = declared.start_python(IN_PROCESS)
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert int(printed) < LARGEST_BYTES
    assert len(declared.rows(columns="id")) == 10 * MANY


def test_rows_of_files_parsed_together_have_their_own_file_and_number(declared: Drop) -> None:
    declared.put("items/a.csv", "id,v\n1,a\n2,b\n", at=1_700_000_000)
    declared.put("items/b.csv", "id,v\r\n3,c\r\n", at=1_700_000_001)
    declared.put("items/c.csv", 'id,v\n4,"d\ne"\n5,f\n', at=1_700_000_002)
    declared.put("items/d.csv", "v,id\ng,6\n", at=1_700_000_003)
    declared.put("items/e.csv", "id,v\n\n7,h\n", at=1_700_000_004)
    declared.put("items/f.csv", "id,v\n8,i\n", at=1_700_000_005)
    declared.put("items/g.csv", "id,v\n9,j\n", at=1_700_000_006)
    assert declared.ingest().rows_landed == 9
    rows = by("id", declared.rows())
    places = {n: (row["_file_name"][6], row["_file_row"], row["v"]) for n, row in rows.items()}
    assert places == {
        1: ("a", 1, "a"),
        2: ("a", 2, "b"),
        3: ("b", 1, "c"),
        4: ("c", 1, "d\ne"),
        5: ("c", 2, "f"),
        6: ("d", 1, "g"),
        7: ("e", 1, "h"),
        8: ("f", 1, "i"),
        9: ("g", 1, "j"),
    }
    times = [row["_file_modified_at"].timestamp() for row in rows.values()]
    assert sorted(set(times)) == [1_700_000_000.0 + second for second in range(7)]
    assert len({row["_file_hash"] for row in rows.values()}) == 7


def test_a_bad_row_among_small_files_costs_that_row(declared: Drop) -> None:
    declared.put("items/a.csv", "id,v\n1,a\n")
    declared.put("items/b.csv", "id,v\nbad,a\n3,c\n")
    declared.put("items/c.csv", "id,v\n4,a\n")
    result = declared.ingest()
    assert (result.rows_landed, result.rows_quarantined) == (3, 1)
    place = json.loads(declared.quarantined()[0]["place"])
    assert (place["file"], place["row"]) == ("items/b.csv", "1")
    assert {row["_file_row"] for row in declared.rows(where="id = 3")} == {2}
    assert declared.ingest().rows_read == 0
