"""How a model of plain SQL is refreshed: what changed upstream -> a query, its mode, its reason.

    model's SQL and unique key ─┐
    offsets in its own commits ─┼─> what changed ──> skipped | incremental | full, and why
    metadata of its upstreams  ─┘

`RefreshPlan.query` is what dbt's materialization runs in place of the model's SQL: pinned to the
snapshots whose ids it carries in markers, which the commit keeps as the model's offsets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from lake.errors import ConfigurationError
from lake.lake import Lake
from operations.derivation import Derivation, NotDerivableError, Upstream, derive, tables_of
from operations.refresh.history import Mode
from operations.refresh.upstreams import UpstreamState, read_upstream
from operations.runtime.sql_engine import first_line

MODE_VARIABLE = "FIRN_REFRESH_MODE"  # of models that do not say theirs
# An incremental refresh takes as long as a rebuild of a model with so many rows upstream, and so
# many more for each row that changed, or is made again (docs/benchmarks.md: refreshing marts).
# Once the affected keys are found, only the rest of it counts.
FIXED_ROWS = 450_000
FIXED_ROWS_LEFT = 250_000
ROWS_PER_CHANGE = 10


class RefreshMode(StrEnum):
    """How a model's author wants it refreshed."""

    AUTO = "auto"
    INCREMENTAL = "incremental"
    FULL = "full"

    @classmethod
    def of(cls, text: str) -> RefreshMode:
        """Return the mode of a name, in upper case too. Raises ConfigurationError."""
        try:
            return cls(text.lower())
        except ValueError:
            raise ConfigurationError(
                f"refresh_mode is {text!r}", f"use one of {', '.join(cls)}"
            ) from None


@dataclass(frozen=True)
class Model:
    """A model as dbt compiled it; `consumed` is what its newest commit says that it has read.

    `upstreams` are the tables that dbt knows it to read, for SQL that cannot be parsed. `affected`
    is the view of affected keys, which the materialization makes; names of others begin with it.
    """

    table: str
    sql: str
    unique_key: tuple[str, ...]
    refresh_mode: RefreshMode = RefreshMode.AUTO
    consumed: Mapping[str, Any] | None = None
    upstreams: tuple[str, ...] = ()
    affected: str = "affected_keys"

    @property
    def definition(self) -> str:
        """A hash of what the rows follow from, beside the upstreams."""
        parts = "\0".join([self.sql, *self.unique_key])
        return hashlib.md5(parts.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class RefreshPlan:
    """What a refresh does and why; `derivation` is there when it is incremental."""

    model: Model
    mode: Mode
    reason: str
    upstreams: tuple[UpstreamState, ...]
    sql: str
    derivation: Derivation | None = None

    @property
    def query(self) -> str:
        """What is run in place of the model's SQL, with what the commit is to say of upstreams."""
        markers = (_marker(self.model, self.mode, upstream) for upstream in self.upstreams)
        return "\n".join([*markers, self.sql])

    @property
    def offsets(self) -> str:
        """What a commit of the model says that it has read, as JSON."""
        streams = {
            upstream.name: {"snapshot": upstream.head, "sequence": str(upstream.sequence)}
            for upstream in self.upstreams
            if upstream.head is not None
        }
        empty = [upstream.name for upstream in self.upstreams if upstream.head is None]
        return json.dumps({"definition": self.model.definition, "streams": streams, "empty": empty})

    def given_up(self, problem: str) -> RefreshPlan:
        """Return a rebuild: Spark could not find the affected keys, `problem` says why.

        On the path of a change a condition may be left out that guards a cast; the query itself is
        not to blame. Raises ConfigurationError when the model asks for incremental refreshes.
        """
        reason = f"its affected keys could not be found: {problem}"
        if self.model.refresh_mode == RefreshMode.INCREMENTAL or self.derivation is None:
            raise ConfigurationError(
                f"{self.model.table}: {reason}", "set refresh_mode to auto, which rebuilds it then"
            )
        return replace(self, mode=Mode.FULL, reason=reason, sql=self.derivation.full)

    def decided(self, affected_keys: int, affected_rows: int) -> RefreshPlan:
        """Return what to do now that the affected keys are known, and the rows that have them.

        Nothing is done where no key is affected; `auto` rebuilds where that takes less time.
        """
        if not affected_keys:
            return replace(self, mode=Mode.SKIPPED, reason=f"no row is reached by {self.reason}")
        is_auto = self.model.refresh_mode == RefreshMode.AUTO
        is_sooner = _is_rebuilt_sooner(self.upstreams, affected_rows, FIXED_ROWS_LEFT)
        if is_auto and self.derivation and is_sooner:
            reason = f"{_counted(affected_rows)} of its own reached by {self.reason}"
            return replace(self, mode=Mode.FULL, reason=reason, sql=self.derivation.full)
        return self


def plan_refresh(lake: Lake, model: Model) -> RefreshPlan:
    """Return how to refresh a model now; nothing is written and no data is read.

    Raises ConfigurationError when the model asks for incremental refreshes and its SQL cannot be
    derived, EnvironmentFault when the lake cannot be read.
    """
    names = _tables_of(model)
    if model.table in names:
        raise ConfigurationError(
            f"{model.table} reads itself, so that what a change reaches cannot be derived",
            "write changes_of() and affected_groups() by hand, or leave {{ this }} out",
        )
    consumed = model.consumed or {}
    streams = consumed.get("streams", {})
    states = tuple(read_upstream(lake, name, streams.get(name)) for name in names)
    if reason := _reason_to_rebuild(model, consumed, states):
        return _full(model, states, reason)
    changed = [state for state in states if state.changes]
    if not changed:
        return RefreshPlan(model, Mode.SKIPPED, "nothing new upstream", states, model.sql)
    return _incremental(model, states, changed)


def derivation_of_all(plan: RefreshPlan) -> Derivation:
    """Return what a refresh would be if every upstream had changed: its granularity, its SQL.

    Raises NotDerivableError for a query from which no incremental refresh follows.
    """
    return _derive(plan.model, {state.name: state.as_if_changed() for state in plan.upstreams})


def _tables_of(model: Model) -> tuple[str, ...]:
    try:
        return tables_of(model.sql)
    except NotDerivableError:
        return model.upstreams


def _reason_to_rebuild(
    model: Model, consumed: Mapping[str, Any], states: Sequence[UpstreamState]
) -> str:
    if not consumed:
        return "it is built for the first time, or its commits do not say what they read"
    if consumed.get("definition") != model.definition:
        return "its definition changed"
    return "; ".join(state.reason for state in states if state.reason)


def _incremental(
    model: Model, states: tuple[UpstreamState, ...], changed: Sequence[UpstreamState]
) -> RefreshPlan:
    if model.refresh_mode == RefreshMode.FULL:
        return _full(model, states, "refresh_mode is full")
    try:
        derivation = _derive(model, {state.name: state.upstream() for state in states})
    except NotDerivableError as error:
        if model.refresh_mode == RefreshMode.INCREMENTAL:
            raise
        return _full(model, states, error.message)
    said = ", ".join(f"{_counted(state.changed_rows)} of {state.name}" for state in changed)
    if model.refresh_mode == RefreshMode.AUTO and (quicker := _why_full_is_quicker(states)):
        return _full(model, states, f"{quicker}: {said}", derivation)
    sql = derivation.restricted_script.query
    return RefreshPlan(model, Mode.INCREMENTAL, said, states, sql, derivation)


def _why_full_is_quicker(states: Sequence[UpstreamState]) -> str:
    """Return why a rebuild takes less time than an incremental refresh, "" where it does not."""
    rows = sum(state.rows for state in states)
    if rows < FIXED_ROWS:
        return f"only {_counted(rows)} upstream"
    changed = sum(state.changed_rows for state in states)
    if _is_rebuilt_sooner(states, changed, FIXED_ROWS):
        return f"{changed:,} of {_counted(rows)} upstream changed"
    return ""


def _is_rebuilt_sooner(states: Sequence[UpstreamState], rows: int, fixed: int) -> bool:
    """Whether a rebuild takes less time than so many rows that changed, and what is `fixed`."""
    return sum(state.rows for state in states) < fixed + ROWS_PER_CHANGE * rows


def _counted(rows: int) -> str:
    return f"{rows:,} row{'' if rows == 1 else 's'}"


def _full(
    model: Model,
    states: tuple[UpstreamState, ...],
    reason: str,
    derivation: Derivation | None = None,
) -> RefreshPlan:
    """Return a rebuild, by the same text that an incremental refresh runs where it is derived."""
    if derivation is None:
        try:
            derivation = _derive(model, {state.name: state.upstream() for state in states})
        except NotDerivableError:
            return RefreshPlan(model, Mode.FULL, reason, states, model.sql)
    return RefreshPlan(model, Mode.FULL, reason, states, derivation.full)


def _derive(model: Model, upstreams: Mapping[str, Upstream]) -> Derivation:
    try:
        return derive(model.sql, model.unique_key, upstreams, model.affected)
    except NotDerivableError:
        raise
    except Exception as error:
        said = f"SQL that is not understood ({type(error).__name__}: {first_line(error)})"
        raise NotDerivableError(said) from error


def _marker(model: Model, mode: Mode, state: UpstreamState) -> str:
    """Return what the commit is to say of an upstream, as `macros/streams` write and read it."""
    marks = {Mode.FULL: "rebuild", Mode.SKIPPED: "unchanged"}
    mark = marks.get(mode) or ("incremental" if state.changes else "unchanged")
    at = f"{state.head or 'none'}:{state.sequence}"
    return f"/* firn:stream {state.name} {mark} {at} {model.definition} */"
