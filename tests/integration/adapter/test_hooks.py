"""Statements around a model: hooks in a transaction or not, its header -> run, in dbt's order."""

import pytest

from tests.integration.adapter.plain_project import PlainProject
from tests.warm_dbt import DbtFailedError

pytestmark = pytest.mark.spark

ORDER = ["before", "pre", "post", "after"]
SEED = """
seeds:
  - name: hooked_seed
    config: {hooks}
"""
HEADED = """
{{{{ config(materialized='{kind}') }}}}
{{% call set_sql_header(config) %}}
create or replace table {name}_rows using iceberg as select ';' as id;
create or replace table {name}_found as select concat(id, id) as id from {name}_rows;
{{% endcall %}}
select id from {name}_found
"""
CONTRACT = """
models:
  - name: {name}
    config: {{contract: {{enforced: {is_enforced}}}, on_schema_change: fail}}
    columns: [{{name: id, data_type: string}}]
"""


@pytest.mark.parametrize("kind", ["table", "view", "incremental", "seed"])
def test_hooks_outside_of_a_transaction(project: PlainProject, kind: str) -> None:
    name = f"hooked_{kind}"
    log = f"silver.log_of_{name}"
    project.build(f"log_of_{name}", "{{ config(materialized='table') }} select 'start' as hook")
    hooks = {
        "pre_hook": [_hook(log, "pre"), _hook(log, "before", transaction=False)],
        "post_hook": [_hook(log, "after", transaction=False), _hook(log, "post")],
    }
    if kind == "seed":
        project.write("seeds/hooked_seed.csv", "id\n1\n")
        project.write("seeds/hooked_seed.yml", SEED.format(hooks=hooks))
        if not project.repaired:
            with pytest.raises(DbtFailedError, match="commit"):
                project.dbt("seed", "--select", name)
            return
        project.dbt("seed", "--select", name)
    else:
        settings = ", ".join(f"{key}={value}" for key, value in hooks.items())
        project.build(name, f"{{{{ config(materialized='{kind}', {settings}) }}}} select 1 as id")
    ran = ORDER if project.repaired else ["pre", "post"]
    rows = project.rows(f"log_of_{name}", "hook")
    assert max((row["hook"] for row in rows), key=len) == " ".join(["start", *ran])


@pytest.mark.parametrize("is_enforced", [False, True], ids=["plain", "contract"])
@pytest.mark.parametrize("kind", ["table", "view", "incremental"])
def test_a_sql_header(project: PlainProject, kind: str, is_enforced: bool) -> None:
    name = f"headed_{kind}_{is_enforced}".lower()
    project.write(f"models/{name}.yml", CONTRACT.format(name=name, is_enforced=is_enforced))
    model = HEADED.format(kind=kind, name=f"silver.{name}")
    if not project.repaired:
        with pytest.raises(DbtFailedError, match="PARSE_SYNTAX|NOT_FOUND"):
            project.build(name, model)
        return
    for _ in range(2 if kind == "incremental" else 1):
        project.build(name, model)
    project.build(f"{name}_read", f"{{{{ config(materialized='table') }}}} table silver.{name}")
    expected = [{"id": ";;"}] * (2 if kind == "incremental" else 1)
    assert project.rows(f"{name}_read", "id") == expected


def _hook(log: str, name: str, *, transaction: bool = True) -> dict[str, object]:
    """Return a hook that writes the longest row of its log again, with its own name behind."""
    so_far = f"select max_by(hook, length(hook)) from {log}"
    return {
        "sql": f"insert into {log} select concat(({so_far}), ' {name}')",
        "transaction": transaction,
    }
