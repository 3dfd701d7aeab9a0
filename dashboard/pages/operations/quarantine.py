"""What was set aside, by rule, with sample rows: tables of quarantine -> panels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.drawing import charts
from dashboard.drawing.faults import say
from dashboard.drawing.filters import any_of, one_of
from dashboard.drawing.panels import Panel, board
from dashboard.pages.page import Visit
from dashboard.queries import operations
from dashboard.queries.quarantine import LANDING, SILVER, samples
from dashboard.queries.sql import values_of
from dashboard.reading.conditions import Condition, equals, is_null
from ingestion.sources import load_sources
from lake.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLES = 100
REJECTED = "__rejected"
NONE = "Nothing is held back."


def quarantine(visit: Visit) -> None:
    """Draw how many rows each rule holds back, and some of them."""
    sources = _sources(visit)
    if not sources:
        say(st.info, "Nothing was ever set aside: the lake has no quarantine.", "firn ingest")
        return
    source = one_of("Source", "source", sources)
    shown = _tables_without_personal_data(visit.settings, source)
    landing = _Store(visit, f"quarantine.{source}", "rule", LANDING, tuple(is_null("resolution")))
    silver = _Store(visit, f"quarantine.{source}{REJECTED}", "rule_name", SILVER)
    stores = [store for store in (landing, silver) if visit.lake.has(store.table)]
    counted = {store: store.counted() for store in stores}
    rules = sorted({rule for rows in counted.values() for rule in values_of(rows, "rule")})
    rule = any_of("Rule", "rule", rules)
    board(
        visit.zone,
        *(partial(_by_rule, store, rows, rule) for store, rows in counted.items()),
    )
    for store in stores:
        board(visit.zone, partial(_sample, store, rule, shown))


@dataclass(frozen=True)
class _Store:
    """A table of quarantine: the column that names the rule, what is shown, which rows count."""

    visit: Visit
    table: str
    rule: str
    columns: tuple[str, ...]
    where: tuple[Condition, ...] = ()

    @property
    def cause(self) -> str:
        """Why rows are in it."""
        return "broke a rule of silver" if self.rule == "rule_name" else "could not be landed"

    def counted(self) -> pa.Table:
        """Return table and rule of all rows."""
        rows = self.visit.lake.read(self.table, ("table_name", self.rule), self.where)
        return rows.rename_columns(["table_name", "rule"])

    def sample(self, rule: str | None) -> pa.Table:
        """Return some rows, of one rule if one is given."""
        where = [*self.where, *equals(self.rule, rule)]
        return self.visit.lake.read(self.table, self.columns, where, limit=SAMPLES)


def _by_rule(store: _Store, rows: pa.Table, rule: str | None) -> Panel:
    import pyarrow.compute as pc

    chosen = rows if rule is None else rows.filter(pc.equal(rows.column("rule"), rule))
    return Panel(
        f"Rows that {store.cause}",
        f"How many rows of {store.table} each rule holds back, by table and rule.",
        operations.rejections_by_rule(chosen),
        lambda found: charts.bars(found, "rule", "rows_count"),
        empty=NONE,
        fix="",
    )


def _sample(store: _Store, rule: str | None, shown: frozenset[str]) -> Panel:
    return Panel(
        f"Sample of rows that {store.cause}",
        f"Up to {SAMPLES} rows of {store.table}: rule, column and position; the row itself only"
        " where its table is declared to have no personal data.",
        samples(store.sample(rule), shown),
        empty=NONE,
        fix="",
    )


def _sources(visit: Visit) -> list[str]:
    names = (name.split(".")[1] for name in visit.lake.names("quarantine"))
    return sorted({name.removesuffix(REJECTED) for name in names})


def _tables_without_personal_data(settings: Settings, source: str) -> frozenset[str]:
    """Return the source's tables that are declared and have none; of others nothing is shown."""
    return frozenset(
        table.name
        for declared in load_sources(settings.project_dir)
        if declared.name == source
        for table in declared.tables
        if not table.has_personal_data
    )
