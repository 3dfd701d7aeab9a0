"""Relations as macros meet them: a `ref` of which `--empty` reads no row, a schema to drop."""

import shutil
from pathlib import Path

import pytest

from tests.integration.adapter.plain_project import PlainProject
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

DROP_IT = """
{% macro drop_it(schema) %}
    {% do adapter.drop_schema(api.Relation.create(schema=schema)) %}
{% endmacro %}
"""
MAKE_MANY = """
{% macro make_many(count) %}
    {% do run_query('create schema crowded') %}
    {% for number in range(count) %}
        {% do run_query('create table crowded.`table ' ~ number ~ '` (a int)') %}
        {% do run_query('create view crowded.`view ' ~ number ~ '` as select 1 as a') %}
    {% endfor %}
{% endmacro %}
"""
ASKED = {
    "columns": (
        "{% set names = adapter.get_columns_in_relation(read) | map(attribute='name') | list %}"
        "{% if execute and names != ['a'] %}"
        "{{ exceptions.raise_compiler_error(names | string) }}{% endif %}"
    ),
    "type": "{% do alter_column_type(read, 'a', 'bigint') %}",
    "comment": "{% do alter_column_comment(read, {'a': {'description': 'of a', 'quote': true}}) %}",
    "properties": "{% do fetch_tbl_properties(read) %}",
    "rename": (
        "{% if execute %}{% set read = read.incorporate(type='table') %}"
        "{% set other = read.incorporate(path={'identifier': 'renamed'}, limit=none) %}"
        "{% do adapter.rename_relation(read, other) %}{% do adapter.rename_relation(other, read) %}"
        "{% endif %}"
    ),
    "add": "{% do alter_relation_add_remove_columns(read, [api.Column('b', 'int')], none) %}",
}


@pytest.mark.parametrize("asked", ASKED)
def test_macros_on_a_ref_without_rows(project: PlainProject, asked: str) -> None:
    full = f"full_{asked}"
    project.build(full, "{{ config(materialized='table') }} select 1 as a")
    model = (
        "{{ config(materialized='table') }}{% set read = ref('"
        + full
        + "') %}"
        + ASKED[asked]
        + "select a from {{ read }}"
    )
    if not project.repaired:
        with pytest.raises(DbtFailedError):
            project.build("asking", model, "--empty")
        return
    project.build("asking", model, "--empty")
    assert project.rows("asking", "a") == []
    assert project.rows(full, "a") == [{"a": 1, "b": None} if asked == "add" else {"a": 1}]
    field = project.table(full).schema().find_field("a")
    assert field.doc == ("of a" if asked == "comment" else None)
    assert str(field.field_type) == ("long" if asked == "type" else "int")


def test_a_schema_that_holds_something(project: PlainProject) -> None:
    """P28: CASCADE drops nothing, and the schema stays."""
    for kind in ("table", "view"):
        config = f"{{{{ config(materialized='{kind}', schema='dropped') }}}}"
        project.build(f"kept_{kind}", f"{config} select 1 as a")
    project.write("macros/drop_it.sql", DROP_IT)
    drop = ("run-operation", "drop_it", "--args", "{schema: silver_dropped}")
    if not project.repaired:
        with pytest.raises(DbtFailedError, match="drop_it"):
            project.dbt(*drop)
        assert project.rows("kept_table", "a", "silver_dropped") == [{"a": 1}]
        return
    project.dbt(*drop)
    assert ("silver_dropped",) not in project.catalog.list_namespaces()
    project.dbt(*drop)


def test_a_schema_of_many_with_names_that_want_quotes(project: PlainProject) -> None:
    project.write("macros/drop_it.sql", DROP_IT)
    project.write("macros/make_many.sql", MAKE_MANY)
    project.dbt("run-operation", "make_many", "--args", "{count: 25}")
    drop = ("run-operation", "drop_it", "--args", "{schema: crowded}")
    if not project.repaired:
        with pytest.raises(DbtFailedError, match="drop_it"):
            project.dbt(*drop)
        return
    project.dbt(*drop)
    assert ("crowded",) not in project.catalog.list_namespaces()


def test_a_clone_is_a_view(project: PlainProject, tmp_path: Path) -> None:
    """The state says where the table is; the clone lands in the schema that the project says."""
    model = "{{ config(materialized='table', schema='original') }} select 1 as a"
    project.build("cloned", model)
    shutil.copy(project.target / "manifest.json", tmp_path)
    project.write("models/cloned.sql", model.replace("'original'", "'clone'"))
    clone = ("clone", "--state", str(tmp_path), "--select", "cloned")
    if not project.repaired:
        with pytest.raises(DbtFailedError, match="requires file_format be set to 'delta'"):
            project.dbt(*clone)
        return
    project.dbt(*clone)
    project.write("models/cloned.sql", model)
    project.dbt(*clone, "--full-refresh")  # in its own place: left alone
    assert project.rows("cloned", "a", "silver_original") == [{"a": 1}]
    reading = "{{ config(materialized='table') }} select a from silver_clone.cloned"
    project.build("of_clone", reading)
    assert project.rows("of_clone", "a") == [{"a": 1}]


def test_a_name_in_upper_case(project: PlainProject) -> None:
    """Iceberg's catalogs keep the case of a name. The plugin is in the stock project too."""
    model = "{{ config(materialized='table') }} select 1 as a"
    project.build("UPPER", model)
    project.build("UPPER", model)
    project.build("reader", "{{ config(materialized='table') }} select a from {{ ref('UPPER') }}")
    assert project.rows("reader", "a") == [{"a": 1}]
