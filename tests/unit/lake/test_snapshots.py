"""How a table came to its head: metadata written by hand -> what a stream is told."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from lake.lake import Identifier, Lake
from lake.snapshots import FullRead, Offset, SnapshotHistory, changed_by, snapshot_history
from lake.stream_offsets import stream_offsets

TABLE, RAW = ("silver", "t"), ("raw_till", "t")
Commit = tuple[int, int | None, str]  # snapshot, parent, operation


class Files:
    """A lake of one table whose metadata file says what it is told to."""

    def __init__(
        self,
        commits: Sequence[Commit],
        head: int | None,
        table: Identifier = TABLE,
        format: int = 3,  # noqa: A002
        **summaries: str,
    ) -> None:
        """Lay out the snapshots; `summaries` are what each says of positions, by `s<id>`."""
        self._table = table
        self._file: dict[str, Any] = {
            "format-version": format,
            "current-snapshot-id": -1 if head is None else head,
            "snapshots": [
                {
                    "snapshot-id": snapshot,
                    "parent-snapshot-id": parent,
                    "sequence-number": 10 + snapshot,
                    "summary": {
                        "operation": operation,
                        **(
                            {"firn.positions.silver.t": summaries[f"s{snapshot}"]}
                            if f"s{snapshot}" in summaries
                            else {}
                        ),
                    },
                }
                for snapshot, parent, operation in commits
            ],
        }

    def metadata(self, table: Identifier) -> dict[str, Any] | None:
        """Return the file of the one table that is there."""
        return self._file if table == self._table else None


def lake(commits: Sequence[Commit], head: int | None, **described: Any) -> Lake:  # noqa: ANN401
    return cast("Lake", Files(commits, head, **described))


ADDED = [(1, None, "append"), (2, 1, "append"), (3, 2, "append")]


def history(lake: Lake, position: int | None, table: Identifier = TABLE) -> SnapshotHistory:
    """Return the history since a snapshot, of which the stream noted the sequence number, too."""
    offset = None if position is None else Offset(str(position), 10 + position)
    return snapshot_history(lake, table, offset)


def test_a_table_without_a_commit_has_no_head() -> None:
    assert history(lake([], None), None) == SnapshotHistory()
    assert history(lake([], None), None, ("silver", "not_there")) == SnapshotHistory()
    gone = history(lake([], None), 1, ("silver", "not_there"))
    assert (gone.head, gone.full_read) == (None, FullRead.EXPIRED)


def test_rows_were_only_added_since() -> None:
    found = history(lake(ADDED, 3), 1)
    assert (found.head, found.sequence, found.full_read, found.is_replaced) == (
        "3", 13, None, False,
    )  # fmt: skip
    assert [snapshot["snapshot-id"] for snapshot in found.since] == [3, 2]
    assert history(lake(ADDED, 3), 3) == SnapshotHistory("3", 13, None)


@pytest.mark.parametrize("operation", ["overwrite", "delete"])
def test_rows_were_replaced_since_or_before(operation: str) -> None:
    commits = [*ADDED[:1], (2, 1, operation), (3, 2, "append")]
    assert history(lake(commits, 3), 1).is_replaced
    assert history(lake(commits, 3), 1).full_read is None
    assert not history(lake(commits, 3), 2).is_replaced


def test_without_row_lineage_replaced_rows_mean_a_full_read() -> None:
    commits = [*ADDED[:1], (2, 1, "overwrite"), (3, 2, "append")]
    assert history(lake(commits, 3, format=2), 1).full_read is FullRead.OVERWRITTEN
    assert history(lake(commits, 3, format=2), 2).full_read is None


@pytest.mark.parametrize(
    ("operation", "full_read"), [("overwrite", FullRead.OVERWRITTEN), ("delete", None)]
)
def test_of_a_raw_table_streams_hear_what_was_added(
    operation: str, full_read: FullRead | None
) -> None:
    commits = [*ADDED[:1], (2, 1, operation), (3, 2, "append")]
    for version in (2, 3):
        found = history(lake(commits, 3, table=RAW, format=version), 1, RAW)
        assert found.full_read is full_read
        assert found.is_replaced is (operation == "overwrite")


def test_a_compaction_replaces_no_rows() -> None:
    commits = [*ADDED, (4, 3, "replace")]
    found = history(lake(commits, 4), 2)
    assert (found.head, found.full_read, found.is_replaced) == ("4", None, False)
    assert changed_by(lake(commits, 4), TABLE) == 3
    assert changed_by(lake([], None), TABLE) is None


def test_a_position_that_expired_is_not_undone() -> None:
    assert history(lake(ADDED[1:], 3), 1).full_read is FullRead.EXPIRED
    assert history(lake([ADDED[0], ADDED[2]], 3), 1).full_read is FullRead.EXPIRED


def test_a_position_beside_the_line_is_undone() -> None:
    """Fault upstream-undone: the line goes on before it, though its snapshot may be gone."""
    rolled_back = [*ADDED, (4, 1, "append")]
    assert history(lake(rolled_back, 4), 3).full_read is FullRead.UNDONE
    assert history(lake([ADDED[0], rolled_back[3]], 4), 3).full_read is FullRead.UNDONE
    assert history(lake(rolled_back, 4), 1).full_read is None
    assert history(lake(ADDED, 1), 3).full_read is FullRead.UNDONE


def test_a_position_in_a_table_that_was_replaced_is_undone() -> None:
    replaced = [*ADDED, (4, None, "append")]
    assert history(lake(replaced, 4), 3).full_read is FullRead.UNDONE


def test_a_position_in_a_table_that_was_made_again_may_be_one_that_expired() -> None:
    assert history(lake(ADDED[:1], 1), 3).full_read is FullRead.EXPIRED


def test_a_table_never_read_has_no_position() -> None:
    assert history(lake(ADDED, 3), None).full_read is FullRead.UNREAD


def test_positions_are_those_of_the_newest_commit_that_has_some() -> None:
    commits = [*ADDED, (4, 3, "replace"), (5, 1, "append")]
    said = {"s1": '{"streams": {"a": 1}}', "s2": '{"streams": {"a": 2}}', "s5": '{"streams": {}}'}
    assert stream_offsets(lake(commits, 4, **said), TABLE) == {"streams": {"a": 2}}
    assert stream_offsets(lake(commits, 5, **said), TABLE) == {"streams": {}}
    assert stream_offsets(lake(ADDED, 3), TABLE) == {}
    assert stream_offsets(lake(ADDED, 3), ("silver", "not_there")) == {}
