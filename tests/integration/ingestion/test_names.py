"""Tables and columns of any name: drafted, declared, landed, compared, put back."""

from pathlib import Path
from typing import Any

import pytest

from ingestion.api import draft
from ingestion.connectors.base import DraftRequest
from operations.runtime.environment import dbt_environment
from tests.integration.ingestion.checker import tuples
from tests.integration.ingestion.home import ROOT
from tests.integration.ingestion.lakehouse import Lakehouse, table
from tests.warm_dbt import WarmDbt

pytestmark = pytest.mark.postgres

SCHEMAS = Path(__file__).with_name("schemas")
NAMES = (SCHEMAS / "names.pgsql").read_text(encoding="utf-8")
PRISMA = (SCHEMAS / "prisma.pgsql").read_text(encoding="utf-8")


def draft_all(lakehouse: Lakehouse, source: str = "app") -> str:
    """Write a draft of the whole database as models/raw/<source>.yml, unedited."""
    text = draft("postgres", DraftRequest(source, "SOURCE_URL", {}), lakehouse.settings)
    (lakehouse.folder / "models" / "raw" / f"{source}.yml").write_text(text, encoding="utf-8")
    return text


def users(**ingestion: object) -> dict[str, Any]:
    """Return a declaration of "Users" under other names."""
    declared = table(
        "people",
        {"person": "int", "made_at": "timestamp", "name": "string"},
        load="incremental",
        key=["person"],
        cursor="made_at",
        table="Users",
        **ingestion,
    )
    for column, path in zip(declared["columns"], ("id", "createdAt", "userName"), strict=True):
        column["config"] = {"meta": {"path": path}}
    return declared


def test_what_is_drafted_of_any_names_loads_unedited(lakehouse: Lakehouse) -> None:
    """Fault odd-identifiers."""
    lakehouse.execute(NAMES)
    text = draft_all(lakehouse)
    assert "# 'only_float' is left out: no column of it can identify a row\n" in text
    assert "# '{{ table }}' is left out: its name is Jinja to dbt\n" in text
    assert "# line_break: '{{ jinja }}' is left out: its name is Jinja to dbt\n" in text
    assert {result.label: result.error for result in lakehouse.ingest_all() if result.error} == {}
    [spaced] = lakehouse.rows("spaced")
    assert {name: spaced[name] for name in ("grosse", "a_b", "x_y", "id_2")} == {
        "grosse": 7, "a_b": "dot", "x_y": 3, "id_2": "mongo",
    }  # fmt: skip
    assert "# spaced.first_name looks personal: token, drop, or neither?\n" in text
    assert len(spaced["first_name"]) == 64
    assert (spaced["column_1st"], spaced["say_x"], spaced["load_id"]) == (1, "q", "L")
    [twins] = lakehouse.rows("twins")
    assert (twins["id"], twins["id_2"], twins["id_3"]) == (1, 2, "three")
    [order] = lakehouse.rows("order")
    assert [order[name] for name in ("select", "null", "yes", "on")] == [2, "n", "y", "o"]
    assert len(lakehouse.rows("no_key")) == 2
    assert [row["v"] for row in lakehouse.rows("nullable_key")] == ["y"]
    assert len(lakehouse.quarantined()) == 2
    assert [row["f"] for row in lakehouse.rows("float_key")] == ["1.5"]
    assert "key:\n                - a\n" in text.split("name: including")[1]


def test_a_renamed_key_and_cursor_go_on_and_notice_what_is_gone(lakehouse: Lakehouse) -> None:
    lakehouse.execute(NAMES)
    lakehouse.declare(users(new_columns="evolve"))
    assert lakehouse.ingest().rows_landed == 1
    assert lakehouse.ingest().rows_landed == 0
    lakehouse.execute("""insert into "Users" values (2, now() - interval '1 hour', 'b', false)""")
    assert lakehouse.ingest().rows_landed == 1
    lakehouse.execute('delete from "Users" where id = 1')
    lakehouse.ingest(deletes=True)
    rows = tuples(lakehouse.rows("people"), "person", "name", "_is_deleted")
    assert sorted(rows) == [(1, "a", False), (1, "a", True), (2, "b", False)]


def test_an_evolved_column_takes_no_name_that_is_declared(lakehouse: Lakehouse) -> None:
    lakehouse.execute('create table t ("ID" int primary key, id text, more text)')
    lakehouse.execute("insert into t values (1, 'mine', 'm')")
    declared = table("t", {"id": "int"}, load="full", key=["id"], new_columns="evolve")
    declared["columns"][0]["config"] = {"meta": {"path": "ID"}}
    lakehouse.declare(declared)
    lakehouse.ingest()
    [row] = lakehouse.rows("t")
    assert (row["id"], row["more"], row["_rescued"]) == (1, "m", '{"id": "mine"}')


def test_a_row_of_renamed_columns_comes_back_from_quarantine(lakehouse: Lakehouse) -> None:
    lakehouse.execute(NAMES)
    lakehouse.execute('alter table "Users" add column "theScore" numeric(8,2)')
    lakehouse.execute(
        """insert into "Users" values (2, now() - interval '2 days', 'b', true, 'NaN')"""
    )
    path = {"config": {"meta": {"path": "theScore"}}}
    scored = {"name": "score", "data_type": "decimal(8,2)", **path}
    lakehouse.declare({**users(), "columns": [*users()["columns"], scored]})
    assert lakehouse.ingest().rows_quarantined == 1
    lakehouse.declare(users())
    assert lakehouse.replay().replayed == 1
    [row] = lakehouse.rows("people", where="person = 2")
    assert row["name"] == "b"


def test_booleans_and_bytes_identify_rows(lakehouse: Lakehouse) -> None:
    lakehouse.execute(NAMES)
    lakehouse.execute("insert into bytea_key values ('\\x00', 'b')")
    draft_all(lakehouse)
    lakehouse.ingest_all("app.bool_key", "app.bytea_key")
    lakehouse.execute("delete from bool_key where not is_main; delete from bytea_key where v = 'b'")
    lakehouse.ingest_all("app.bool_key", "app.bytea_key", deletes=True)
    [by_bool] = lakehouse.rows("bool_key", where="_is_deleted")
    [by_bytes] = lakehouse.rows("bytea_key", where="_is_deleted")
    assert (by_bool["is_main"], by_bool["v"]) == (False, "b")
    assert (by_bytes["h"], by_bytes["v"]) == (b"\x00", "b")


def test_a_name_is_looked_for_as_it_is_written(lakehouse: Lakehouse) -> None:
    lakehouse.execute(NAMES)
    declared = users()
    declared["columns"][2]["config"] = {"meta": {"path": "username"}}
    lakehouse.declare(declared)
    with pytest.raises(Exception, match="not in the database as 'username', there is 'userName'"):
        lakehouse.ingest()


@pytest.mark.spark
def test_a_prisma_schema_goes_from_declare_to_build_unedited(
    lakehouse: Lakehouse, warm_dbt: WarmDbt
) -> None:
    lakehouse.execute(PRISMA)
    (lakehouse.folder / "macros").symlink_to(ROOT / "macros")
    draft_all(lakehouse)
    assert {result.label: result.error for result in lakehouse.ingest_all() if result.error} == {}
    outcome = warm_dbt.run(["build"], dbt_environment(lakehouse.settings))
    tested = {name.split(".")[2] for name, status in outcome.statuses.items() if status == "pass"}
    assert {
        "source_not_null_app_user_id",
        "source_not_null_app_order_id",
        "source_not_null_app_order_to_user_a",
        "source_not_null_app_order_to_user_b",
        "source_not_null_app_group_group",
    } <= tested
    [group] = lakehouse.rows("group")
    assert (group["group"], group["select"]) == ("order", 1)
    assert {row["total"] for row in lakehouse.rows("order")} == {f"12.5{'0' * 29}"}
