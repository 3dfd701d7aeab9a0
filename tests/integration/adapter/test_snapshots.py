"""Snapshots of a few rows, run after run: keys of several columns, and rows that are deleted."""

from typing import Any

import pytest

from tests.integration.adapter.plain_project import PlainProject
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

CHECK = "strategy='check', check_cols='all'"
TIMESTAMP = "strategy='timestamp', updated_at='updated_at'"
FIRST = "(1, 'a', timestamp'2026-11-01')"
SECOND = "(2, 'b', timestamp'2026-11-01')"


def test_a_snapshot_whose_key_is_two_columns(project: PlainProject) -> None:
    def run(day: str) -> None:
        rows = f"{FIRST}, {FIRST.replace('a', 'b', 1).replace('2026-11-01', day)}"
        take(project, "keyed_by_two", f"unique_key=['id', 'grp'], {CHECK}", rows)

    run("2026-11-02")
    if not project.repaired:
        with pytest.raises(DbtFailedError, match="AMBIGUOUS_REFERENCE.*dbt_unique_key_1"):
            run("2026-11-03")
        return
    run("2026-11-03")
    run("2026-11-04")
    found = history(project, "keyed_by_two")
    assert [(row["grp"], row["updated_at"].day, is_open(row)) for row in found] == [
        ("a", 1, True),
        ("b", 2, False),
        ("b", 3, False),
        ("b", 4, True),
    ]


@pytest.mark.parametrize(
    ("key", "strategy"), [("'id'", TIMESTAMP), ("['id', 'grp']", CHECK)], ids=["one", "two"]
)
def test_a_row_that_is_deleted_and_comes_back(
    project: PlainProject, key: str, strategy: str
) -> None:
    name = f"deleting_{len(key)}"
    config = f"unique_key={key}, hard_deletes='new_record', {strategy}"
    take(project, name, config, f"{FIRST}, {SECOND}")
    if not project.repaired:
        if strategy == TIMESTAMP:  # with two columns its key is ambiguous, as above
            take(project, name, config, FIRST)
            assert {row["id"] for row in project.rows(name, "dbt_valid_from")} == {1, 2, None}
        return
    for _ in range(2):
        take(project, name, config, FIRST)
    assert _states(project, name) == [("False", False), ("True", True)]
    for _ in range(2):
        take(project, name, config, f"{FIRST}, {SECOND}")
    assert _states(project, name) == [("False", False), ("True", False), ("False", True)]


def _states(project: PlainProject, name: str) -> list[tuple[str, bool]]:
    """Return whether each version of the second row is deleted and open; they follow each other."""
    kept, *versions = history(project, name)
    assert (kept["id"], kept["grp"], is_open(kept)) == (1, "a", True)
    assert {(row["id"], row["grp"], row["updated_at"].day) for row in versions} == {(2, "b", 1)}
    starts = [row["dbt_valid_from"] for row in versions]
    assert starts == [starts[0], *(row["dbt_valid_to"] for row in versions[:-1])]
    assert starts == sorted(set(starts))
    assert len({row["dbt_scd_id"] for row in versions}) == len(versions)
    return [(row["dbt_is_deleted"], is_open(row)) for row in versions]


def take(project: PlainProject, name: str, config: str, rows: str) -> None:
    """Write a snapshot of some rows, and run it."""
    project.write(
        f"snapshots/{name}.sql",
        f"{{% snapshot {name} %}}{{{{ config({config}, target_schema='silver') }}}}"
        f" select * from values {rows} as given (id, grp, updated_at) {{% endsnapshot %}}",
    )
    project.dbt("snapshot", "--select", name)


def history(project: PlainProject, name: str) -> list[dict[str, Any]]:
    """Return all versions of all rows of a snapshot, by key and time."""
    rows = project.rows(name, "dbt_valid_from")
    return sorted(rows, key=lambda row: (row["id"], row["grp"]))


def is_open(version: dict[str, Any]) -> bool:
    """Whether no later version follows."""
    return version["dbt_valid_to"] is None
