"""What a file may take is bounded, and told in quarantine.

Fault file-without-bounds.
"""

import gzip
import io
import json
import re
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.formats import expansion
from ingestion.formats.base import GIVEN_UP_ROWS, MOST_COLUMNS
from ingestion.formats.chunks import BLOCK_BYTES
from tests.integration.files.drop import Drop, table
from tests.integration.files.test_many_files import IN_PROCESS

ITEMS = table("items", {"id": "bigint", "v": "string"}, format="csv")
GOOD = "id,v\n1,a\n"
WIDE = 100_000
ROWS = 60_000
MEGABYTE = 1024 * 1024
LARGEST_BYTES = 450 * MEGABYTE


def kept_reason(drop: Drop) -> tuple[str, str]:
    """Return rule and reason of the one row in quarantine."""
    (kept,) = drop.quarantined()
    return kept["rule"], kept["reason"]


@pytest.mark.parametrize("name", ["column", "id"])
def test_a_header_of_100_000_columns_costs_that_file_within_a_second(drop: Drop, name: str) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.csv", GOOD)
    drop.ingest()  # what is imported is not what is measured
    names = ["id", "v", *(name if name == "id" else f"{name}{n}" for n in range(WIDE - 2))]
    drop.put("items/b.csv", ",".join(names) + "\n")
    drop.put("items/c.csv", "id,v\n2,b\n")
    start = time.process_time()
    result = drop.ingest()
    assert time.process_time() - start < 1
    assert (result.rows_landed, result.rows_quarantined) == (1, 1)
    said = f"it has {WIDE:,} columns, at most {MOST_COLUMNS:,} are read"
    assert kept_reason(drop) == ("wrong_header", said)


def test_parquet_of_too_many_columns_costs_that_file(drop: Drop) -> None:
    drop.declare(table("items", {"id": "bigint"}, format="parquet"))
    file = Path(drop.put("items/a.parquet", b""))
    columns = {f"c{n}": pa.nulls(0, pa.int8()) for n in range(MOST_COLUMNS)}
    pq.write_table(pa.table({"id": pa.array([], pa.int64()), **columns}), file)
    drop.ingest()
    said = f"it has {MOST_COLUMNS + 1:,} columns, at most {MOST_COLUMNS:,} are read"
    assert kept_reason(drop) == ("wrong_header", said)


def packed_bomb() -> bytes:
    """Return 120 MB of rows that are all the same, packed a thousand times."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as stream:
        stream.write(b"id,v\n")
        rows = (b"1," + b"x" * 998 + b"\n") * 1000
        for _ in range(120):
            stream.write(rows)
    return packed.getvalue()


def test_a_gzip_bomb_is_given_up_at_its_bound(drop: Drop) -> None:
    drop.declare(ITEMS)
    content = packed_bomb()
    drop.put("items/a.csv.gz", content, at=1_700_000_000)
    drop.put("items/b.csv", GOOD)
    process = drop.start_python(IN_PROCESS)
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert int(printed) < LARGEST_BYTES
    rule, reason = kept_reason(drop)
    bound = max(200 * len(content), expansion.ALWAYS_BYTES)
    assert (rule, reason) == (
        "too_large",
        f"unpacked, it has more than {bound:,} bytes, and {len(content):,} packed; at most 200"
        " times as many are read: if that is meant, declare a greater `max_expansion`",
    )
    assert [row["_file_name"] for row in drop.rows()] == ["items/b.csv"]


@pytest.mark.parametrize("of_source", [True, False])
def test_what_is_declared_is_the_bound(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, of_source: bool
) -> None:
    monkeypatch.setattr(expansion, "ALWAYS_BYTES", 1000)
    content = gzip.compress(b"id,v\n" + b"1," + b"x" * 40_000 + b"\n")
    fits = 40_007 // len(content) + 1
    for times, landed in ((fits - 1, 0), (fits, 1)):
        own: dict[str, Any] = {} if of_source else {"max_expansion": times}
        items = table("items", {"id": "bigint", "v": "string"}, format="csv", **own)
        drop.declare(items, **({"max_expansion": times} if of_source else {}))
        drop.put("items/a.csv.gz", content, at=1_700_000_000)
        assert drop.ingest().rows_landed == landed, "it is tried again when that is declared"


def test_parquet_is_refused_by_what_its_footer_promises(drop: Drop) -> None:
    drop.declare(table("items", {"id": "bigint", "v": "string"}, format="parquet"))
    count = 100_000_000  # of values that take no room: they are null
    rows = pa.table({"id": pa.nulls(count, pa.int64()), "v": pa.nulls(count, pa.null())})
    file = drop.put("items/a.parquet", b"")
    pq.write_table(rows, file, row_group_size=count)
    start = time.process_time()
    drop.ingest()
    assert time.process_time() - start < 10
    rule, reason = kept_reason(drop)
    assert rule == "too_large"
    assert reason.startswith(f"by its footer, it becomes {2 * count:,} bytes, and")


@pytest.mark.parametrize("form", ["csv", "json_lines"])
def test_a_tenth_of_bad_rows_makes_a_load_no_more_than_so_many_times_longer(
    drop: Drop, form: str
) -> None:
    """By halving it took a hundred times as long."""
    columns = {"id": "bigint", "at": "timestamp", "amount": "decimal(18,2)", "v": "string"}
    drop.declare(table("items", columns, format=form))
    seconds = []
    for name, bad_every in (("imports", 2), ("clean", 0), ("bad", 10)):
        lines = [_line(form, n, is_bad=bool(bad_every) and n % bad_every == 0) for n in range(ROWS)]
        count = 20 if name == "imports" else ROWS
        header = ["id,at,amount,v"] if form == "csv" else []
        drop.put(f"items/{name}", "\n".join([*header, *lines[:count]]) + "\n")
        start = time.process_time()
        result = drop.ingest()
        seconds.append(time.process_time() - start)
        assert result.rows_quarantined == (count // bad_every if bad_every else 0)
    assert seconds[2] < 15 * seconds[1]


def _line(form: str, number: int, *, is_bad: bool) -> str:
    values = [number, f"2026-01-02T03:04:{number % 60:02}Z", f"{number}.25", "some text"]
    if is_bad:
        values[number // 10 % 3] = f"bad {number}"
    if form == "csv":
        return ",".join(map(str, values))
    return json.dumps(dict(zip(("id", "at", "amount", "v"), values, strict=True)))


@pytest.mark.parametrize("form", ["csv", "json_lines"])
def test_a_file_that_is_wholly_bad_is_given_up_early(drop: Drop, form: str) -> None:
    drop.declare(table("items", {"id": "bigint", "v": "string"}, format=form))
    row = "bad,a\n" if form == "csv" else '{"id": "bad", "v": "a"}\n'
    count = 2_000_000 if form == "csv" else 300_000
    drop.put("items/a", ("id,v\n" if form == "csv" else "") + row * count, at=1_700_000_000)
    drop.put("items/b", GOOD if form == "csv" else '{"id": 1, "v": "a"}\n')
    process = drop.start_python(IN_PROCESS)
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert int(printed) < 2 * LARGEST_BYTES
    rule, reason = kept_reason(drop)
    assert rule == "mostly_bad"
    found = re.match(r"([\d,]+) of ([\d,]+) rows cannot be landed: id", reason)
    assert found
    of_block = (BLOCK_BYTES - len("id,v\n")) // len(row)
    given_up = of_block if form == "csv" else GIVEN_UP_ROWS
    assert {int(number.replace(",", "")) for number in found.groups()} == {given_up}
    assert [row["_file_name"] for row in drop.rows()] == ["items/b"]


def test_a_file_of_lines_that_are_no_json_is_given_up_with_its_first_rows(drop: Drop) -> None:
    drop.declare(table("items", {"id": "bigint"}))
    drop.put("items/a", b"no json\n" * 20_000)
    drop.ingest()
    rule, reason = kept_reason(drop)
    assert rule == "mostly_bad"
    assert f"{GIVEN_UP_ROWS:,} of {GIVEN_UP_ROWS:,} rows cannot be landed: the line" in reason


def test_all_rows_of_a_short_file_that_is_wholly_bad_are_kept(drop: Drop) -> None:
    drop.declare(ITEMS)
    drop.put("items/a.csv", "id,v\n" + "bad,a\n" * 100)
    drop.ingest()
    places = [json.loads(row["place"]) for row in drop.quarantined()]
    assert sorted(int(place["row"]) for place in places) == list(range(1, 101))
