"""`on_schema_change`: a model of other columns or types -> a table in step, or as it was."""

import pytest

from tests.integration.adapter.plain_project import PlainProject
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

SYNCED = (
    "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id',"
    " on_schema_change='sync_all_columns') }}\n"
)
BEFORE = """
select
    1 as id, 'old' as note, named_struct('a', 1, 'b', 'x', 'c', 3) as s,
    array(named_struct('n', 1)) as items, map('k', named_struct('m', 1.5BD)) as by_name
"""
AFTER = """
select
    2 as id, named_struct('z', 9, 'a', 1L, 'd', named_struct('e', 5), 'c', 4) as s,
    array(named_struct('n', 2L, 'o', 'p')) as items,
    map('k', named_struct('l', true, 'm', 12.5BD)) as by_name, 'new' as remark
"""


def test_a_struct_in_step_with_the_model(project: PlainProject) -> None:
    project.build("nested", SYNCED + BEFORE)
    if not project.repaired:
        with pytest.raises(DbtFailedError):
            project.build("nested", SYNCED + AFTER)
        return
    for _ in range(2):
        project.build("nested", SYNCED + AFTER)
    old, new = project.rows("nested", "id")
    assert new == {
        "id": 2,
        "s": {"z": 9, "a": 1, "d": {"e": 5}, "c": 4},
        "items": [{"n": 2, "o": "p"}],
        "by_name": [("k", {"l": True, "m": new["by_name"][0][1]["m"]})],
        "remark": "new",
    }
    assert (old["s"], old["remark"]) == ({"z": None, "a": 1, "d": None, "c": 3}, None)
    assert (old["items"], old["by_name"][0][1]["l"]) == ([{"n": 1, "o": None}], None)


@pytest.mark.parametrize("strategy", ["append", "merge"])
def test_a_new_column_of_a_model_that_reads_itself(project: PlainProject, strategy: str) -> None:
    """The view of its new rows was resolved before the table was altered."""
    name = f"self_{strategy}"
    config = (
        f"{{{{ config(materialized='incremental', incremental_strategy='{strategy}',"
        " unique_key='id', on_schema_change='append_new_columns') }}\n"
    )
    project.build(name, config + "select 1 as id")
    after = config + "select 2 as id, 'new' as note where 2 not in (select id from {{ this }})"
    if not project.repaired:
        with pytest.raises(DbtFailedError, match=name):
            project.build(name, after)
        return
    project.build(name, after)
    assert project.rows(name, "id") == [{"id": 1, "note": None}, {"id": 2, "note": "new"}]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("'x' as s", "s cannot become string"),
        ("named_struct('a', 'x', 'b', 2) as s", "s.a cannot become string"),
        ("named_struct('b', 2, 'a', 1) as s", "s cannot become b, a"),
    ],
)
def test_a_type_that_cannot_be_changed(project: PlainProject, column: str, said: str) -> None:
    before = "select 1 as id, 'old' as note, named_struct('a', 1, 'b', 2) as s"
    project.build("refused", SYNCED + before, "--full-refresh")
    versions = project.versions_count("refused")
    after = f"{SYNCED}select 2 as id, 'new' as note, {column}, 'new' as remark"
    with pytest.raises(DbtFailedError) as error:
        project.build("refused", after)
    assert (project.versions_count("refused") == versions) is project.repaired
    assert (f"silver.refused: {said} in place" in str(error.value)) is project.repaired
