"""Lets macros plan and record refreshes -> `adapter.firn_plan_refresh` and its like.

The macros of `macros/refreshes` use it. What is known of a refresh while its model is built is kept
here until the run's end, when `firn_record_refreshes` writes all of it in one commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dbt.adapters.spark.impl import SparkAdapter
from dbt.plugins.manager import dbtPlugin
from dbt_common.exceptions import DbtRuntimeError

from dbt_firn.adapter_methods import add_methods, lake_of, named_faults, settings_of
from dbt_firn.computed_views import firn_compute_view, make_views
from dbt_firn.refresh_notes import note_refresh, take_notes

if TYPE_CHECKING:
    from operations.refresh.plan import RefreshPlan


class Refreshes(dbtPlugin):
    """Gives dbt-spark's adapter the methods that the macros of `macros/refreshes` call."""

    def initialize(self) -> None:
        """Add the methods, once for all adapters."""
        add_methods(
            firn_plan_refresh,
            firn_find_affected,
            firn_decide_refresh,
            firn_note_refresh,
            firn_record_refreshes,
        )


def firn_plan_refresh(
    adapter: SparkAdapter,
    table: str,
    sql: str,
    unique_key: Sequence[str],
    options: dict[str, Any],
) -> RefreshPlan:
    """Return how a model of plain SQL is refreshed, by these `options`.

    `refresh_mode` is that of FIRN_REFRESH_MODE where it is none, else auto; `is_update` says
    whether the model's table may stay, `upstreams` what tables dbt knows it to read, `affected` the
    view that its affected keys get. Raises DbtRuntimeError, which dbt prints as it is, when the
    model cannot be refreshed as it asks for.
    """
    from lake.lake import identifier_of
    from lake.settings import Failpoint
    from lake.stream_offsets import stream_offsets
    from operations.refresh.plan import MODE_VARIABLE, Model, RefreshMode, plan_refresh

    with named_faults():
        lake, settings = lake_of(adapter), settings_of(adapter)
        wanted = options["refresh_mode"] or settings.variable(MODE_VARIABLE)
        model = Model(
            table,
            sql,
            tuple(unique_key),
            RefreshMode.of(wanted or RefreshMode.AUTO),
            stream_offsets(lake, identifier_of(table)) if options["is_update"] else None,
            tuple(options["upstreams"]),
            options["affected"],
        )
        plan = plan_refresh(lake, model)
        Failpoint.AFTER_PLAN.reached(settings.failpoint)
    return _noted(plan)


def firn_find_affected(adapter: SparkAdapter, plan: RefreshPlan) -> tuple[RefreshPlan, int]:
    """Compute the view of the affected keys; return the plan, or a rebuild, and their number.

    Raises DbtRuntimeError when Spark cannot find them and the model must not be rebuilt for that.
    """
    from operations.runtime.sql_engine import first_line

    if plan.derivation is None:
        return plan, 0
    view, script = plan.model.affected, plan.derivation.affected_script
    try:
        make_views(adapter, view, script.views)
        return plan, firn_compute_view(adapter, view, script.query)
    except DbtRuntimeError as error:
        with named_faults():
            return _noted(plan.given_up(first_line(error))), 0


def firn_decide_refresh(
    adapter: SparkAdapter, plan: RefreshPlan, affected_keys: int, affected_rows: int
) -> RefreshPlan:
    """Return what to do now that the affected keys are known, and make the views it reads.

    Where there are none, the model's offsets move in a commit of their own. Raises DbtRuntimeError
    when the lake cannot be read, and with what Spark says.
    """
    from operations.refresh.history import Mode
    from operations.refresh.offsets import advance_offsets

    with named_faults():
        lake = lake_of(adapter)
        decided = plan.decided(affected_keys, affected_rows)
        if decided.mode == Mode.SKIPPED:
            advance_offsets(lake, decided)
    if decided.mode == Mode.INCREMENTAL and decided.derivation:
        make_views(adapter, plan.model.affected, decided.derivation.restricted_script.views)
    note_refresh(
        plan.model.table, mode=decided.mode, reason=decided.reason, affected_keys=affected_keys
    )
    return decided


def firn_note_refresh(
    _adapter: SparkAdapter, table: str, mode: str, reason: str, affected_keys: int | None = None
) -> None:
    """Keep what is known of a model's refresh until the run ends."""
    note_refresh(table, mode=mode, reason=reason, affected_keys=affected_keys)


def _noted(plan: RefreshPlan) -> RefreshPlan:
    note_refresh(plan.model.table, mode=plan.mode, reason=plan.reason)
    return plan


def firn_record_refreshes(adapter: SparkAdapter, results: Sequence[Any], run_id: str) -> str:
    """Add the run's models to ops.refreshes; return why that failed, "" if it did not.

    A model that had nothing to do is left out.
    """
    from dbt_firn.refresh_records import refreshes_of
    from lake.settings import Failpoint
    from operations.refresh.history import record_refreshes

    notes, settings = take_notes(), settings_of(adapter)
    Failpoint.BEFORE_RECORD.reached(settings.failpoint)
    try:
        lake = lake_of(adapter)
        record_refreshes(lake, refreshes_of(lake, settings, results, run_id, notes))
    except Exception as error:  # noqa: BLE001 - a history that cannot be written hides no result
        return f"{type(error).__name__}: {error}"
    return ""
