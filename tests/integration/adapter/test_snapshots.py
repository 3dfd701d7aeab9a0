"""Snapshots of a few rows, run after run: keys of several columns, and rows that are deleted."""

import pytest

from tests.integration.adapter.plain_project import PlainProject
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

CHECK = "strategy='check', check_cols='all'"
TIMESTAMP = "strategy='timestamp', updated_at='updated_at'"


def test_a_snapshot_whose_key_is_two_columns(project: PlainProject) -> None:
    def run(note: str) -> None:
        rows = f"(1, 'a', 'same'), (1, 'b', '{note}')"
        take(project, "keyed_by_two", f"unique_key=['id', 'grp'], {CHECK}", rows)

    run("first")
    if not project.repaired:
        with pytest.raises(DbtFailedError, match="AMBIGUOUS_REFERENCE.*dbt_unique_key_1"):
            run("second")
        return
    run("second")
    run("third")
    assert versions(project, "keyed_by_two") == [
        (1, "a", "same", "open"),
        (1, "b", "first", "closed"),
        (1, "b", "second", "closed"),
        (1, "b", "third", "open"),
    ]


def take(project: PlainProject, name: str, config: str, rows: str) -> None:
    """Write a snapshot of some rows, and run it."""
    project.write(
        f"snapshots/{name}.sql",
        f"{{% snapshot {name} %}}{{{{ config({config}, target_schema='silver') }}}}"
        f" select * from values {rows} as given (id, grp, note) {{% endsnapshot %}}",
    )
    project.dbt("snapshot", "--select", name)


def versions(project: PlainProject, name: str) -> list[tuple[int, str, str, str]]:
    """Return all versions of all rows of a snapshot, and which of them are open."""
    return [
        (row["id"], row["grp"], row["note"], "closed" if row["dbt_valid_to"] else "open")
        for row in sorted(
            project.rows(name, "dbt_valid_from"), key=lambda row: (row["id"], row["grp"])
        )
    ]
