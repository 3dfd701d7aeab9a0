"""When readers saw a table's snapshots: its metadata file -> milliseconds."""

from typing import Any

import pytest

from operations.refresh.tasks.heads import visible_at


def metadata(*log: tuple[int, int], staged: bool = True) -> dict[str, Any]:
    """Return a table of five snapshots in a row and one beside them, with this log of main."""
    line = [
        {
            "snapshot-id": number,
            "parent-snapshot-id": number - 1 or None,
            "timestamp-ms": 10 * number,
        }
        for number in range(1, 6)
    ]
    beside = {"snapshot-id": 9, "parent-snapshot-id": 2, "timestamp-ms": 35}
    return {
        "snapshots": [*line, beside],
        "snapshot-log": [{"snapshot-id": n, "timestamp-ms": at} for n, at in log],
        "current-snapshot-id": log[-1][0] if log else 5,
        "properties": {"write.wap.enabled": "true"} if staged else {},
    }


def test_what_a_run_commits_is_seen_when_it_is_published() -> None:
    assert visible_at(metadata((1, 10), (3, 39), (5, 58))) == {1: 10, 2: 39, 3: 39, 4: 58, 5: 58}


def test_what_was_refused_is_never_seen() -> None:
    assert 9 not in visible_at(metadata((1, 10), (5, 58)))


def test_after_a_rollback_what_was_seen_before_was_seen() -> None:
    assert visible_at(metadata((3, 31), (5, 55), (3, 99))) == {1: 10, 2: 20, 3: 31, 4: 55, 5: 55}


def test_the_first_publication_of_all() -> None:
    assert visible_at(metadata((1, 17)))[1] == 17


@pytest.mark.parametrize("log", [(), ((5, 50),)])
def test_a_table_that_no_run_stages_is_seen_as_it_is_committed(log: tuple[Any, ...]) -> None:
    seen = visible_at(metadata(*log, staged=False))
    assert seen == {1: 10, 2: 20, 3: 30, 4: 40, 5: 50, 9: 35}
