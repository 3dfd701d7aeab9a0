"""Each repair in `macros/adapter`: the damage that dbt-spark does without it, and none with it.

A test of the stock project that begins to fail says that upstream has mended the defect, and that
the repair can go.
"""

import json

import pytest

from tests.integration.adapter.plain_project import PlainProject
from tests.lake_files import path_of
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

LARGEST = 9_007_199_254_740_993  # one more than a double can tell apart
SEED = f"""id,amount,note
1,{LARGEST},plain
2,-5,
3,1000,a\\nb \\\\ c
"""
DESCRIBED = """
models:
  - name: described
    config: {materialized: table, persist_docs: {relation: true, columns: true}}
    columns:
      - {name: a, description: First's comment}
      - {name: b, description: Second}
      - {name: c, description: Third}
"""
SMALL_BATCHES = "{% macro spark__get_batch_size() %}{{ return(2) }}{% endmacro %}"
PLACES = """
seeds:
  - name: places
    config: {column_types: {id: string}}
"""
STRICT_SEED = """
seeds:
  - name: counts
    config: {column_types: {number: int}}
"""
CONTRACT = """
models:
  - name: promised
    config: {materialized: incremental, on_schema_change: fail, contract: {enforced: true}}
    columns:
      - {name: a, data_type: int, constraints: [{type: not_null}]}
      - {name: b, data_type: string}
"""
EVENTS = """
models:
  - name: events
    config: {event_time: happened_at}
"""
MERGED = "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}\n"


# Incremental models


def test_models_of_one_alias_side_by_side(project: PlainProject) -> None:
    schemas = [f"s{number}" for number in range(6)]
    for schema in schemas:
        project.write(
            f"models/twins/{schema}_totals.sql",
            f"{{{{ config(alias='totals', schema='{schema}', materialized='incremental') }}}}\n"
            f"select '{schema}' as made_by",
        )
    for _ in range(2):
        project.dbt("run", "--select", "path:models/twins")
    wrong = [
        schema
        for schema in schemas
        if project.rows("totals", "made_by", f"silver_{schema}") != [{"made_by": schema}] * 2
    ]
    assert (wrong == []) == project.repaired


def test_a_full_refresh_keeps_or_loses_history(project: PlainProject) -> None:
    project.build("renewed", MERGED + "select 1 as id")
    project.dbt("run", "--select", "renewed", "--full-refresh")
    assert project.snapshots_count("renewed") == (2 if project.repaired else 1)
    assert project.rows("renewed", "id") == [{"id": 1}]


def test_a_view_that_becomes_incremental(project: PlainProject) -> None:
    project.build("turned", "{{ config(materialized='view') }} select 1 as id")
    if not project.repaired:
        with pytest.raises(DbtFailedError, match="already exists"):
            project.build("turned", MERGED + "select 2 as id")
        return
    project.build("turned", MERGED + "select 2 as id")
    assert project.rows("turned", "id") == [{"id": 2}]


def test_a_column_that_the_model_no_longer_has(project: PlainProject) -> None:
    project.build("shrunk", MERGED + "select 1 as id, 'old' as note")
    if not project.repaired:
        with pytest.raises(DbtFailedError, match="UNRESOLVED_COLUMN"):
            project.build("shrunk", MERGED + "select 2 as id")
        return
    project.build("shrunk", MERGED + "select 2 as id")
    assert project.rows("shrunk", "id") == [{"id": 1, "note": "old"}, {"id": 2, "note": None}]


def test_columns_in_step_with_the_model(project: PlainProject) -> None:
    merged = MERGED.replace("id')", "id', on_schema_change='sync_all_columns')")
    project.build("synced", merged + "select 1 as id, 'old' as note")
    if not project.repaired:
        with pytest.raises(DbtFailedError, match="does not support dropping columns"):
            project.build("synced", merged + "select 2 as id, 'new' as remark")
        return
    project.build("synced", merged + "select 2 as id, 'new' as remark")
    assert project.rows("synced", "id") == [{"id": 1, "remark": None}, {"id": 2, "remark": "new"}]


def test_a_key_that_is_null(project: PlainProject) -> None:
    for amount in (1, 2):
        project.build("keyless", MERGED + f"select cast(null as int) as id, {amount} as amount")
    one = [{"id": None, "amount": 2}]
    both = [{"id": None, "amount": 1}, {"id": None, "amount": 2}]
    assert project.rows("keyless", "amount") == (one if project.repaired else both)


def test_a_new_key_that_comes_twice(project: PlainProject) -> None:
    project.build("doubled", MERGED + "select 1 as id, 'first' as note")
    twice = MERGED + "select 2 as id, note from values ('one'), ('other') as given (note)"
    if not project.repaired:
        project.build("doubled", twice)
        assert [row["id"] for row in project.rows("doubled", "id")] == [1, 2, 2]
        return
    with pytest.raises(DbtFailedError, match=r'several rows for one key: \{"id":2\}'):
        project.build("doubled", twice)
    assert [row["id"] for row in project.rows("doubled", "id")] == [1]


def test_a_version_that_is_older(project: PlainProject) -> None:
    merged = MERGED.replace("id')", "id', meta={'version': ['at']})")
    for at in (2, 1):
        project.build("versioned", merged + f"select 7 as id, {at} as at")
    assert project.rows("versioned", "id") == [{"id": 7, "at": 2 if project.repaired else 1}]


def test_the_first_version_is_kept_where_it_is_asked_for(project: PlainProject) -> None:
    merged = MERGED.replace("id')", "id', meta={'version': ['at'], 'keep': 'first'})")
    for at in (2, 1, 3):
        project.build("first_version", merged + f"select 7 as id, {at} as at")
    assert project.rows("first_version", "id") == [{"id": 7, "at": 1 if project.repaired else 3}]
    if project.repaired:
        with pytest.raises(DbtFailedError, match="meta.keep is 'last'"):
            project.build(
                "first_version", merged.replace("first'", "last'") + "select 7 as id, 1 as at"
            )


def test_columns_to_update_are_obeyed(project: PlainProject) -> None:
    merged = MERGED.replace("id')", "id', merge_exclude_columns=['first_seen'])")
    for day in (1, 2):
        project.build("chosen", merged + f"select 7 as id, {day} as first_seen, {day} as last_seen")
    assert project.rows("chosen", "id") == [{"id": 7, "first_seen": 1, "last_seen": 2}]


@pytest.mark.parametrize("is_first", [True, False])
def test_null_where_a_contract_forbids_it(project: PlainProject, is_first: bool) -> None:
    project.write("models/promised.yml", CONTRACT)
    if not is_first:
        project.build("promised", "select 1 as a, 'x' as b", "--full-refresh")
    broken = "select cast(null as int) as a, 'y' as b"
    arguments = ("--full-refresh",) if is_first else ()
    if not project.repaired:
        project.build("promised", broken, *arguments)
        assert None in [row["a"] for row in project.rows("promised", "b")]
        return
    with pytest.raises(DbtFailedError, match="promised.a is null, which its contract forbids"):
        project.build("promised", broken, *arguments)


def test_batches_of_a_first_run(project: PlainProject) -> None:
    project.write("models/events.yml", EVENTS)
    project.write(
        "models/events.sql",
        "select id, timestamp'2026-11-18 10:00:00' + make_interval(0, 0, 0, id) as happened_at"
        " from range(3)",
    )
    project.write(
        "models/batched.sql",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='day',"
        " event_time='happened_at', begin='2026-11-18', partition_by=['days(happened_at)']) }}\n"
        "select * from {{ ref('events') }}",
    )
    days = ("--event-time-start", "2026-11-18", "--event-time-end", "2026-11-21")
    run = ("run", "--select", "events", "batched", *days)
    if not project.repaired:
        with pytest.raises(DbtFailedError):
            project.dbt(*run)
        return
    for _ in range(2):  # a batch that is run again replaces its day and no other
        project.dbt(*run)
        assert [row["id"] for row in project.rows("batched", "id")] == [0, 1, 2]


def test_a_batch_that_fails(project: PlainProject) -> None:
    """The other batches are kept, and dbt says so; a run of the same days then mends the model."""
    project.write("models/events.yml", EVENTS)
    project.build(
        "events",
        "select id, timestamp'2026-11-18 10:00:00' + make_interval(0, 0, 0, id) as happened_at"
        " from range(4)",
    )
    batched = (
        "{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='day',"
        " event_time='happened_at', begin='2026-11-18', partition_by=['days(happened_at)']) }}\n"
        "select %s as id, happened_at from {{ ref('events') }}"
    )
    days = ("--event-time-start", "2026-11-18", "--event-time-end", "2026-11-22")
    with pytest.raises(DbtFailedError, match="PARTIAL SUCCESS"):
        project.build("failing", batched % "if(id = 1, raise_error('no'), id)", *days)
    kept = [row["id"] for row in project.rows("failing", "id")]
    assert kept == ([0, 2, 3] if project.repaired else [0])
    if project.repaired:
        project.build("failing", batched % "id", *days)
        assert [row["id"] for row in project.rows("failing", "id")] == [0, 1, 2, 3]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_strategy_that_does_not_exist(project: PlainProject, is_first: bool) -> None:
    """Refused before anything is made, as dbt-spark does it too."""
    name = f"strange_{is_first}".lower()
    if not is_first:
        project.build(name, MERGED + "select 1 as id")
    with pytest.raises(DbtFailedError, match="Invalid incremental strategy provided: guess"):
        project.build(name, MERGED.replace("merge", "guess") + "select 2 as id")
    if is_first:
        assert not project.catalog.table_exists(f"silver.{name}")
    else:
        assert project.rows(name, "id") == [{"id": 1}]


def test_an_overwrite_without_partitions(project: PlainProject) -> None:
    overwriting = (
        "{{ config(materialized='incremental', incremental_strategy='insert_overwrite') }}\n"
    )
    project.build("overwritten", overwriting + "select 1 as id")
    if not project.repaired:
        project.build("overwritten", overwriting + "select 2 as id")
        assert project.rows("overwritten", "id") == [{"id": 2}]
        return
    with pytest.raises(DbtFailedError, match="would replace the whole table.*Fix: set partition"):
        project.build("overwritten", overwriting + "select 2 as id")
    assert project.rows("overwritten", "id") == [{"id": 1}]


# Snapshots, views and comments


def test_a_snapshot_leaves_nothing_behind(project: PlainProject) -> None:
    for note in ("old", "new"):
        project.write(
            "snapshots/noted.sql",
            "{% snapshot noted %}{{ config(strategy='check', unique_key='id', check_cols='all',"
            f" target_schema='silver') }}}} select 1 as id, '{note}' as note {{% endsnapshot %}}",
        )
        project.dbt("snapshot", "--select", "noted")
    rows = project.rows("noted", "note")
    assert [(row["note"], row["dbt_valid_to"] is None) for row in rows] == [
        ("new", True),
        ("old", False),
    ]
    left = [path.name for path in project.warehouse.iterdir() if "__dbt_tmp" in path.name]
    assert (left == []) == project.repaired


def test_a_view_that_becomes_a_table(project: PlainProject) -> None:
    project.build("turning", "{{ config(materialized='view') }} select 1 as a")
    table = "{{ config(materialized='table') }} select 2 as a"
    if not project.repaired:
        with pytest.raises(DbtFailedError, match="already exists"):
            project.build("turning", table)
        return
    project.build("turning", table)
    assert project.rows("turning", "a") == [{"a": 2}]
    project.build("turning", "{{ config(materialized='view') }} select 3 as a")
    project.dbt("docs", "generate")
    assert "turning" in _documented(project)


def test_a_table_that_cannot_be_opened(project: PlainProject) -> None:
    """A view stands beside it, which is then listed by another way than usual."""
    project.build("damaged", "{{ config(materialized='table') }} select 1 as a")
    project.build("beside", "{{ config(materialized='view') }} select 1 as a")
    path_of(project.table("damaged").metadata_location).unlink()
    try:
        if not project.repaired:
            with pytest.raises(DbtFailedError, match="NotFoundException"):
                project.build("beside", "{{ config(materialized='table') }} select 2 as a")
            return
        project.build("beside", "{{ config(materialized='table') }} select 2 as a")
        assert project.rows("beside", "a") == [{"a": 2}]
    finally:
        project.catalog.drop_table("silver.damaged")


def _documented(project: PlainProject) -> set[str]:
    """Return the names of all relations that dbt's catalog shows."""
    catalog = json.loads((project.target / "catalog.json").read_text(encoding="utf-8"))
    return {node["metadata"]["name"] for node in catalog["nodes"].values()}


def test_comments_of_columns_cost_versions(project: PlainProject) -> None:
    project.write("models/described.yml", DESCRIBED)
    project.build("described", "select 1 as a, 2 as b, 3 as c")
    assert project.versions_count("described") == (2 if project.repaired else 4)
    assert _comments(project) == {"a": "First's comment", "b": "Second", "c": "Third"}
    project.write("models/described.yml", DESCRIBED.replace("Second", "Path \\"))
    if not project.repaired:
        with pytest.raises(DbtFailedError):
            project.dbt("run", "--select", "described")
        return
    project.dbt("run", "--select", "described")
    assert _comments(project)["b"] == "Path \\"


def _comments(project: PlainProject) -> dict[str, str | None]:
    return {field.name: field.doc for field in project.table("described").schema().fields}


# Seeds


def test_a_seed_and_its_values(project: PlainProject) -> None:
    project.write("seeds/values.csv", SEED)
    project.dbt("seed", "--select", "values")
    found = {row["id"]: (row["amount"], row["note"]) for row in project.rows("values", "id")}
    if not project.repaired:
        assert found[1][0] == LARGEST - 1
        assert found[2] == (-5, "None")
        assert found[3][1] != "a\\nb \\\\ c"
        return
    assert found == {1: (LARGEST, "plain"), 2: (-5, None), 3: (1000, "a\\nb \\\\ c")}


def test_a_seed_that_did_not_change(project: PlainProject) -> None:
    def load(rows: str, *arguments: str) -> int | None:
        project.write("seeds/places.csv", f"id,place\n{rows}")
        project.dbt("seed", "--select", "places", *arguments)
        return project.table("places").metadata.current_snapshot_id

    first = load("1,here\n")
    again = load("1,here\n")
    assert (again == first) is project.repaired
    assert load("1,there\n") != again
    assert project.rows("places", "id") == [{"id": 1, "place": "there"}]
    refreshed = load("1,there\n", "--full-refresh")
    assert refreshed != again
    project.write("seeds/places.yml", PLACES)
    assert load("1,there\n") != refreshed
    assert project.rows("places", "id") == [{"id": "1", "place": "there"}]


def test_a_seed_is_replaced_whole(project: PlainProject) -> None:
    """All rows in one commit, also where they come in several batches; its history stays."""
    project.write("macros/batches.sql", SMALL_BATCHES)
    counts, lines = [5, 0, 3], "1,a\n2,b\n3,c\n4,d\n5,e\n"
    for count in counts:
        project.write("seeds/letters.csv", "id,letter\n" + lines[: count * 4])
        project.dbt("seed", "--select", "letters")
        assert len(project.rows("letters", "id")) == count
    summaries = [s.summary for s in project.table("letters").metadata.snapshots]
    found = [int(summary["total-records"] or 0) for summary in summaries if summary]
    assert found == (counts if project.repaired else [2, 3])


def test_an_apostrophe_in_a_seed(project: PlainProject) -> None:
    project.write("seeds/notes.csv", "id,note\n1,it's\n")
    if not project.repaired:
        with pytest.raises(DbtFailedError):
            project.dbt("seed", "--select", "notes")
        return
    project.dbt("seed", "--select", "notes")
    assert project.rows("notes", "id") == [{"id": 1, "note": "it's"}]


def test_a_value_that_its_column_cannot_hold(project: PlainProject) -> None:
    project.write("seeds/counts.csv", "number\n12\ntwelve\n")
    project.write("seeds/counts.yml", STRICT_SEED)
    if not project.repaired:
        project.dbt("seed", "--select", "counts")
        assert project.rows("counts", "number") == [{"number": 12}, {"number": None}]
        return
    with pytest.raises(DbtFailedError, match="number cannot hold 'twelve' as int"):
        project.dbt("seed", "--select", "counts")


# Expressions


def test_texts_of_a_group_in_an_order(project: PlainProject) -> None:
    project.build(
        "joined",
        """{{ config(materialized='table') }}
        select
            {{ dbt.listagg('name', "'_|_'", 'order by place desc') }} as everything,
            {{ dbt.listagg('name', "', '", 'order by place desc', 2) }} as first_two,
            {{ dbt.listagg('distinct name', "'_|_'") }} as once,
            {{ dbt.listagg('nullif(name, name)') }} as nothing
        from values ('a', 1), ('c', 3), ('c', 2) as given (name, place)""",
    )
    [row] = project.rows("joined", "everything")
    in_order = (row["everything"], row["first_two"]) == ("c_|_c_|_a", "c, c")
    assert in_order is project.repaired
    assert set(row["once"].split("_|_")) == {"a", "c"}
    assert row["nothing"] == (None if project.repaired else "")
