"""What models declare of their refresh: dbt's nodes and files -> declarations, or every mistake."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion.declarations.refresh import (
    RefreshDeclaration,
    RefreshMode,
    read_refreshes,
)
from lake.errors import ConfigurationError

SQL = """-- One row per order.
{{ config(
    materialized='dynamic_table',
    target_lag='1 minute',
    snowflake_warehouse='transforming',
    refresh_mode='AUTO',
    initialize='ON_CREATE',
    on_configuration_change='apply',
    scheduler='ENABLE',
) }}
select 1 as order_id
"""
DYNAMIC = {
    "materialized": "dynamic_table",
    "target_lag": "1 minute",
    "snowflake_warehouse": "transforming",
    "refresh_mode": "AUTO",
    "initialize": "ON_CREATE",
    "on_configuration_change": "apply",
    "scheduler": "ENABLE",
}


def model(name: str, refresh: object = None, **config: Any) -> dict[str, Any]:  # noqa: ANN401
    meta = {} if refresh is None else {"refresh": refresh}
    return {
        "name": name,
        "resource_type": "model",
        "config": {"materialized": "incremental", **config, "meta": meta},
        "original_file_path": f"models/{name}.sql",
        "patch_path": "firn://models/marts.yml",
    }


def read(folder: Path, *nodes: dict[str, Any], yaml: str = "models: []") -> dict[str, Any]:
    (folder / "models").mkdir(exist_ok=True)
    (folder / "models" / "marts.yml").write_text(yaml)
    for node in nodes:
        (folder / "models" / f"{node['name']}.sql").write_text(SQL)
    return {found.model: found for found in read_refreshes(folder, nodes)}


def test_a_file_of_dbt_snowflake_is_a_dynamic_table_as_it_is(tmp_path: Path) -> None:
    found = read(tmp_path, model("live", **DYNAMIC))["live"]
    assert isinstance(found, RefreshDeclaration)
    assert found.block.target_lag == timedelta(minutes=1)
    assert found.is_scheduled
    assert found.unused_keys == ("snowflake_warehouse",)


@pytest.mark.parametrize(
    ("changed", "is_scheduled"),
    [({}, True), ({"scheduler": "DISABLE"}, False), ({"target_lag": None}, False)],
)
def test_without_lag_or_scheduler_a_dynamic_table_is_refreshed_by_hand(
    tmp_path: Path, changed: dict[str, Any], is_scheduled: bool
) -> None:
    found = read(tmp_path, model("live", **{**DYNAMIC, **changed}))["live"]
    assert found.is_scheduled is is_scheduled


@pytest.mark.parametrize("lag", ["downstream", "DOWNSTREAM", "Downstream"])
def test_downstream_is_written_in_any_case(tmp_path: Path, lag: str) -> None:
    found = read(tmp_path, model("live", **{**DYNAMIC, "target_lag": lag}))["live"]
    assert found.block.target_lag == "downstream"


def test_tasks_have_schedules_and_others_only_a_mode(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        model("every", {"every": "30 seconds", "when": "stream_has_data"}),
        model("next", {"after": "every", "timeout": "5 minutes", "suspend_after_failures": 0}),
        model("last", {"finalize": "every"}),
        model("mode", {"refresh_mode": "INCREMENTAL"}),
        model("plain"),
    )
    assert found.keys() == {"every", "next", "last"}
    assert found["every"].block.every == timedelta(seconds=30)
    assert found["next"].block.after == ("every",)
    assert found["every"].block.refresh_mode is None
    assert RefreshMode("full") is RefreshMode.FULL


YAML = """models:
  - name: live
    config:
      materialized: incremental
      meta:
        refresh:
          {lines}
"""
# what is declared -> what is said of it, at which line of the YAML file
MISTAKES = {
    "evry: 1 minute": (7, "unknown key 'evry'; did you mean 'every'?"),
    "every: 1 m": (7, "every: '1 m' is not a duration; write for example '10 minutes'"),
    "target_lag: soon": (7, "'soon' is no lag; write downstream, or for example '1 minute'"),
    "after: liv": (7, "after: 'liv' is no task; did you mean 'live'?"),
    "after: live": (7, "after: a task cannot wait for itself"),
    "finalize: other": (7, "finalize: 'other' is no task"),
    "timeout: 1 hour": (6, "one of every, after, finalize, target_lag is missing"),
    "suspend_after_failures: -1": (7, "suspend_after_failures: Input should be greater"),
}


@pytest.mark.parametrize(("lines", "line", "said"), [(k, *v) for k, v in MISTAKES.items()])
def test_a_mistake_is_named_with_file_and_line(
    tmp_path: Path, lines: str, line: int, said: str
) -> None:
    key, value = lines.split(": ")
    given = {key: int(value) if value.lstrip("-").isdigit() else value}
    with pytest.raises(ConfigurationError) as error:
        read(tmp_path, model("live", given), yaml=YAML.replace("{lines}", lines))
    assert error.value.message.startswith(f"models/marts.yml:{line}: live, config.meta.refresh: ")
    assert said in error.value.message


def test_data_is_waited_for_by_tasks_that_would_run_without(tmp_path: Path) -> None:
    given = {"target_lag": "1 minute", "when": "stream_has_data"}
    with pytest.raises(ConfigurationError, match="when: goes with every or after"):
        read(tmp_path, model("live", given))


def test_two_schedules_contradict_each_other(tmp_path: Path) -> None:
    given = {"every": "1 minute", "target_lag": "1 minute"}
    with pytest.raises(ConfigurationError, match="every and target_lag contradict each other"):
        read(tmp_path, model("live", given))


@pytest.mark.parametrize(
    ("config", "line", "said"),
    [
        ({"refresh_mode": "SOMETIMES"}, 6, "refresh_mode: Input should be 'auto'"),
        ({"target_lag": "1 fortnight"}, 4, "'1 fortnight' is no lag"),
        ({"scheduler": "MAYBE"}, 9, "scheduler: Input should be 'enable' or 'disable'"),
        ({"target_lags": "1 minute"}, 1, "unknown key 'target_lags'; did you mean 'target_lag'?"),
    ],
)
def test_a_mistake_in_sql_is_named_with_file_and_line(
    tmp_path: Path, config: dict[str, Any], line: int, said: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        read(tmp_path, model("live", **{**DYNAMIC, **config}))
    assert error.value.message.startswith(f"models/live.sql:{line}: live, config: ")
    assert said in error.value.message


def test_a_dynamic_table_has_no_second_schedule(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="scheduled by its config's target_lag"):
        read(tmp_path, model("live", {"every": "1 minute"}, **DYNAMIC))
