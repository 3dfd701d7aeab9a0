"""What waits in streams: metadata written by hand -> rows, age and reasons."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from lake.lake import Identifier, Lake
from lake.snapshots import FullRead, Metadata
from lake.streams import Stream, has_data, sources_of, stream_of

RAW, SILVER, GOLD = ("raw_till", "sales"), ("silver", "till__sales"), ("gold", "daily")
Commit = tuple[str, dict[str, int]]  # operation, and what its summary counts
FIRST: Commit = ("append", {"added-records": 10, "total-records": 10})


def table(*commits: Commit, snapshots: Sequence[int] = (), says: str = "") -> Metadata:
    """Return the metadata of a table of these commits, one a minute, numbered from 1.

    `snapshots` are those still there; the newest one `says` how far gold has read.
    """
    line: list[dict[str, Any]] = [
        {
            "snapshot-id": number,
            "parent-snapshot-id": number - 1 or None,
            "sequence-number": number,
            "timestamp-ms": number * 60_000,
            "summary": {"operation": operation, **{k: str(v) for k, v in counts.items()}},
        }
        for number, (operation, counts) in enumerate(commits, 1)
    ]
    if line and says:
        line[-1]["summary"]["firn.positions.gold.daily"] = says
    kept = [s for s in line if not snapshots or s["snapshot-id"] in snapshots]
    return {"format-version": 3, "current-snapshot-id": len(line) or -1, "snapshots": kept}


def offsets(source: Identifier, snapshot: int | None) -> dict[str, Any]:
    """Return the offsets of a reader of one table, which has none where it was empty."""
    name = ".".join(source)
    if snapshot is None:
        return {"definition": "d", "streams": {}, "empty": [name]}
    position = {"snapshot": str(snapshot), "sequence": str(snapshot)}
    return {"definition": "d", "streams": {name: position}, "empty": []}


def of(source: Identifier, snapshot: int | None, *commits: Commit, **kept: Any) -> Stream:  # noqa: ANN401
    return stream_of(source, GOLD, table(*commits, **kept), offsets(source, snapshot))


def added(rows: int) -> Commit:
    return ("append", {"added-records": rows, "total-records": 10 + rows})


def test_added_rows_wait_since_the_oldest_came() -> None:
    stream = of(RAW, 1, FIRST, added(3), added(4))
    assert (stream.waiting, stream.is_exact, stream.has_data) == (7, True, True)
    assert stream.oldest_at == datetime(1970, 1, 1, 0, 2, tzinfo=UTC)
    assert stream.read_to == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
    assert (stream.full_read, stream.is_stale) == (None, False)


def test_nothing_waits_at_the_newest_snapshot() -> None:
    stream = of(RAW, 2, FIRST, added(3))
    assert (stream.waiting, stream.oldest_at, stream.has_data) == (0, None, False)


COMPACTION: Commit = ("replace", {"added-records": 10, "deleted-records": 10, "total-records": 10})
DELETION: Commit = ("delete", {"deleted-records": 4, "total-records": 6})
MARKED: Commit = ("delete", {"added-position-deletes": 5, "removed-position-deletes": 2,
                             "total-records": 10})  # fmt: skip
MERGE: Commit = ("overwrite", {"added-records": 3, "added-position-deletes": 2,
                               "total-records": 13})  # fmt: skip
NOTHING: Commit = ("append", {"total-records": 10})
UNCOUNTED: Commit = ("append", {})


@pytest.mark.parametrize(
    ("source", "commit", "waiting", "is_exact", "is_data"),
    [
        (RAW, COMPACTION, 0, True, False),
        (SILVER, COMPACTION, 0, True, False),
        (RAW, DELETION, 0, True, False),
        (SILVER, DELETION, 4, True, True),
        (SILVER, MARKED, 3, True, True),
        (SILVER, MERGE, 3, False, True),
        (SILVER, NOTHING, 0, True, False),
        (SILVER, UNCOUNTED, 0, False, True),
    ],
)
def test_what_is_data(
    source: Identifier, commit: Commit, waiting: int, is_exact: bool, is_data: bool
) -> None:
    stream = of(source, 1, FIRST, commit)
    assert (stream.waiting, stream.is_exact, stream.has_data) == (waiting, is_exact, is_data)
    assert stream.full_read is None


def test_all_rows_wait_where_the_position_is_of_no_use() -> None:
    replaced = of(RAW, 1, FIRST, MERGE)
    assert (replaced.full_read, replaced.waiting) == (FullRead.OVERWRITTEN, 13)
    expired = of(SILVER, 1, FIRST, added(1), added(2), snapshots=(2, 3))
    assert (expired.full_read, expired.waiting, expired.read_to) == (FullRead.EXPIRED, 12, None)
    assert replaced.is_stale
    assert expired.is_stale


def test_a_table_that_was_empty_when_it_was_read_may_hold_rows_now() -> None:
    assert sources_of(offsets(RAW, None)) == [RAW]
    assert not of(RAW, None).has_data
    filled = of(RAW, None, FIRST)
    assert (filled.full_read, filled.waiting, filled.has_data) == (FullRead.UNREAD, 10, True)
    assert not filled.is_stale


@dataclass
class Files:
    """A lake of these tables, which counts how often each is asked for."""

    tables: dict[Identifier, Metadata]
    asked: Counter[Identifier] = field(default_factory=Counter)

    def metadata(self, identifier: Identifier) -> Metadata | None:
        """Return the metadata file of a table."""
        self.asked[identifier] += 1
        return self.tables.get(identifier)


READ_TO_1 = (
    '{"definition": "d", "streams": {"silver.till__sales": {"snapshot": "1", "sequence": "1"}}}'
)


@pytest.mark.parametrize(("commits", "expected"), [([], False), ([MERGE], True)])
def test_whether_a_model_has_data_is_asked_of_its_own_commit(
    commits: list[Commit], expected: bool
) -> None:
    gold = table(FIRST, says=READ_TO_1)
    files = Files({GOLD: gold, SILVER: table(FIRST, *commits)})
    assert has_data(cast("Lake", files), GOLD) is expected
    assert files.asked == {GOLD: 1, SILVER: 1}


def test_a_model_that_says_nothing_has_data() -> None:
    assert has_data(cast("Lake", Files({})), GOLD)
    assert has_data(cast("Lake", Files({GOLD: table(FIRST)})), GOLD)


def test_a_model_whose_source_is_gone_is_stale() -> None:
    gold = table(FIRST, says=READ_TO_1)
    assert has_data(cast("Lake", Files({GOLD: gold})), GOLD)
