"""How a table came to its head: metadata written by hand -> what a stream is told."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from lake.lake import Identifier, Lake
from lake.snapshots import SnapshotHistory, changed_by
from lake.snapshots import snapshot_history as history
from lake.stream_offsets import stream_offsets

TABLE = ("silver", "t")
Commit = tuple[int, int | None, str]  # snapshot, parent, operation


class Files:
    """A lake of one table whose metadata file says what it is told to."""

    def __init__(self, commits: Sequence[Commit], head: int | None, **summaries: str) -> None:
        """Lay out the snapshots; `summaries` are what each says of positions, by `s<id>`."""
        self._file: dict[str, Any] = {
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
        return self._file if table == TABLE else None


def lake(commits: Sequence[Commit], head: int | None, **summaries: str) -> Lake:
    return cast("Lake", Files(commits, head, **summaries))


ADDED = [(1, None, "append"), (2, 1, "append"), (3, 2, "append")]


def test_a_table_without_a_commit_has_no_head() -> None:
    assert history(lake([], None), TABLE, None) == SnapshotHistory()
    assert history(lake([], None), ("silver", "not_there"), "1") == SnapshotHistory()


def test_rows_were_only_added_since() -> None:
    assert history(lake(ADDED, 3), TABLE, "1") == SnapshotHistory("3", 13, is_position_known=True)
    assert history(lake(ADDED, 3), TABLE, "3") == SnapshotHistory("3", 13, is_position_known=True)


@pytest.mark.parametrize("operation", ["overwrite", "delete"])
def test_rows_were_replaced_since_or_before(operation: str) -> None:
    commits = [*ADDED[:1], (2, 1, operation), (3, 2, "append")]
    assert history(lake(commits, 3), TABLE, "1").is_replaced
    assert not history(lake(commits, 3), TABLE, "2").is_replaced


def test_a_compaction_replaces_no_rows() -> None:
    commits = [*ADDED, (4, 3, "replace")]
    assert history(lake(commits, 4), TABLE, "2") == SnapshotHistory("4", 14, is_position_known=True)
    assert changed_by(lake(commits, 4), TABLE) == 3
    assert changed_by(lake([], None), TABLE) is None


def test_a_position_that_expired_or_lies_on_another_branch_is_not_known() -> None:
    expired = ADDED[1:]
    assert not history(lake(expired, 3), TABLE, "1").is_position_known
    rolled_back = [*ADDED, (4, 1, "append")]
    assert not history(lake(rolled_back, 4), TABLE, "3").is_position_known
    assert history(lake(rolled_back, 4), TABLE, "1").is_position_known


def test_a_table_never_read_has_no_position() -> None:
    assert not history(lake(ADDED, 3), TABLE, None).is_position_known


def test_positions_are_those_of_the_newest_commit_that_has_some() -> None:
    commits = [*ADDED, (4, 3, "replace"), (5, 1, "append")]
    said = {"s1": '{"streams": {"a": 1}}', "s2": '{"streams": {"a": 2}}', "s5": '{"streams": {}}'}
    assert stream_offsets(lake(commits, 4, **said), TABLE) == {"streams": {"a": 2}}
    assert stream_offsets(lake(commits, 5, **said), TABLE) == {"streams": {}}
    assert stream_offsets(lake(ADDED, 3), TABLE) == {}
    assert stream_offsets(lake(ADDED, 3), ("silver", "not_there")) == {}
