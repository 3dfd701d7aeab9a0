"""Relations as macros meet them: a `ref` of which `--empty` reads no row, a schema to drop."""

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
