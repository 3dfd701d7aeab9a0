"""`firn explain`: a model -> what its next refresh would do and why, and what the last ones cost.

dbt compiles the model; what follows is the plan that its materialization would make now. Nothing is
built, and no data is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lake.errors import ConfigurationError
from lake.lake import Lake, identifier_of
from lake.settings import Settings
from lake.stream_offsets import stream_offsets
from operations.dbt.runner import follow_dbt, written_graph
from operations.derivation import Derivation, NotDerivableError
from operations.refresh.history import Refresh, last_refreshes
from operations.refresh.plan import (
    MODE_VARIABLE,
    Model,
    RefreshMode,
    RefreshPlan,
    derivation_of_all,
    plan_refresh,
)

STRATEGY = "recompute"
BY_HAND = "/* firn:affected */"
SHOWN_REFRESHES = 5


@dataclass(frozen=True)
class Explanation:
    """A model's next refresh and its last ones, the newest first.

    `plan` is None where the model's refreshes are not derived; `by_hand` says how they are made.
    `derivation` is that of the next refresh, or what it would be if every upstream changed; None
    with the reason in `refusal` where none follows from the SQL.
    """

    table: str
    refresh_mode: RefreshMode
    plan: RefreshPlan | None
    by_hand: str
    streams: Mapping[str, Any]
    refreshes: tuple[Refresh, ...]
    derivation: Derivation | None = None
    refusal: str = ""


def explain(settings: Settings, name: str) -> Explanation:
    """Return how a model, by its name, is refreshed.

    Raises ConfigurationError for a name that is no model or not incremental, LoadError with what
    dbt says when it does not compile, EnvironmentFault when the lake cannot be read.
    """
    node = _compiled(settings, name)
    lake, table = Lake(settings), f"{node['schema']}.{node['alias']}"
    config, sql = node["config"], node["compiled_code"]
    mode = RefreshMode.of(
        config.get("refresh_mode") or settings.variable(MODE_VARIABLE) or RefreshMode.AUTO
    )
    consumed = stream_offsets(lake, identifier_of(table))
    by_hand = _by_hand(config, sql)
    plan, derivation, refusal = None, None, ""
    if not by_hand:
        keys = config["unique_key"]
        model = Model(table, sql, (keys,) if isinstance(keys, str) else tuple(keys), mode, consumed)
        plan = plan_refresh(lake, model)
        try:
            derivation = plan.derivation or derivation_of_all(plan)
        except NotDerivableError as error:
            refusal = error.message
    return Explanation(
        table=table,
        refresh_mode=mode,
        plan=plan,
        by_hand=by_hand,
        streams=consumed.get("streams", {}),
        refreshes=tuple(last_refreshes(lake, table, SHOWN_REFRESHES)),
        derivation=derivation,
        refusal=refusal,
    )


def _compiled(settings: Settings, name: str) -> Mapping[str, Any]:
    """Return dbt's node of a model, compiled as it is now."""
    follow_dbt(settings, ["compile", "--select", f"resource_type:model,{name}"])
    nodes = written_graph(settings)["nodes"].values()
    for node in nodes:
        if node["resource_type"] == "model" and node["name"] == name:
            if node["config"]["materialized"] in {"incremental", "dynamic_table"}:
                return dict(node)
            kind = node["config"]["materialized"]
            raise ConfigurationError(
                f"{name} is a model of materialization {kind}, which is not refreshed",
                "choose an incremental model or a dynamic table: dbt ls --select gold",
            )
    raise ConfigurationError(f"no model is named {name!r}", "dbt ls --resource-type model")


def _by_hand(config: Mapping[str, Any], sql: str) -> str:
    is_dynamic = config["materialized"] == "dynamic_table"  # whatever strategy its folder has
    strategy = STRATEGY if is_dynamic else config.get("incremental_strategy")
    if strategy != STRATEGY:
        return f"strategy {strategy}: its streams say what is new"
    return "affected_groups() says which rows are made again" if BY_HAND in sql else ""


def as_document(explanation: Explanation) -> str:
    """Return an explanation as JSON, for programs."""
    plan = explanation.plan
    document: dict[str, Any] = {
        "table": explanation.table,
        "refresh_mode": str(explanation.refresh_mode),
        "by_hand": explanation.by_hand or None,
        "streams": explanation.streams,
        "last_refreshes": [refresh.document() for refresh in explanation.refreshes],
    }
    if plan:
        document["next"] = {
            "mode": str(plan.mode),
            "reason": plan.reason,
            "upstreams": [
                {
                    "table": upstream.name,
                    "snapshot": upstream.head,
                    "read_until": upstream.changes.since.snapshot if upstream.changes else None,
                    "changed_rows": upstream.changed_rows,
                    "rows": upstream.rows,
                }
                for upstream in plan.upstreams
            ],
            "sql": plan.derivation.restricted if plan.derivation else plan.sql,
        }
        document["not_derived"] = explanation.refusal or None
    if explanation.derivation:
        document["granularity"] = list(explanation.derivation.key)
        document["affected"] = explanation.derivation.affected
        document["restricted"] = explanation.derivation.restricted
    return json.dumps(document, indent=2, default=str)
