"""Casts that give NULL, and rows of unit tests that never do: fixtures -> passed, or an error."""

import json

import pytest

from tests.integration.adapter.plain_project import PlainProject
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

UNIT_TEST = """
unit_tests:
  - name: {model}__keeps_what_is_given
    model: {model}
    given:
      - input: ref('{model}_given')
        rows: [{{value: {given}}}]
    expect:
      rows: [{{value: {expected}}}]
"""


def test_a_safe_cast(project: PlainProject) -> None:
    project.build(
        "safely_cast",
        "{{ config(materialized='table') }} select"
        """ {{ dbt.safe_cast("'x'", 'int') }} as no_number,"""
        " {{ dbt.safe_cast('3000000000', 'int') }} as too_large,"
        """ {{ dbt.safe_cast("'12'", 'int') }} as number""",
    )
    wrapped = None if project.repaired else 3_000_000_000 - 2**32
    assert project.rows("safely_cast", "number") == [
        {"no_number": None, "too_large": wrapped, "number": 12}
    ]


@pytest.mark.parametrize(("given", "expected"), [("1x", "null"), ("null", "1x")])
def test_a_row_with_a_typing_error(project: PlainProject, given: str, expected: str) -> None:
    lay_out(project, "mistyped", "1", given, expected)
    if not project.repaired:
        project.dbt("test", "--select", "mistyped")
        return
    with pytest.raises(DbtFailedError, match=r"CAST\(1x AS INT\)"):
        project.dbt("test", "--select", "mistyped")


@pytest.mark.parametrize(
    "value",
    [
        "named_struct('a', 1, 'b', 'it\\'s')",
        "array('x', \"y\", 'z')",
        "map('k', named_struct('a', array('x')))",
    ],
    ids=["struct", "array", "map"],
)
def test_a_row_with_a_struct(project: PlainProject, value: str) -> None:
    model = f"nested_{value.partition('(')[0]}"
    text = json.dumps(value)
    lay_out(project, model, value, text, text)
    if not project.repaired:
        with pytest.raises(DbtFailedError, match="PARSE_SYNTAX_ERROR"):
            project.dbt("test", "--select", model)
        return
    project.dbt("test", "--select", model)
    lay_out(project, model, value, text, json.dumps(value.replace("x", "w").replace("1", "2")))
    with pytest.raises(DbtFailedError, match="differs from"):
        project.dbt("test", "--select", model)


def lay_out(project: PlainProject, model: str, value: str, given: str, expected: str) -> None:
    """Write a model that keeps a column as it is, the model it reads, and a unit test of it."""
    project.write(f"models/{model}.sql", f"select value from {{{{ ref('{model}_given') }}}}")
    project.write(
        f"models/{model}.yml", UNIT_TEST.format(model=model, given=given, expected=expected)
    )
    project.build(f"{model}_given", f"select {value} as value")
