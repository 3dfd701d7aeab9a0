"""Each difference has its class, its fix and its verdict."""

from dataclasses import replace

import pytest

from lake.damage import FileFault
from operations.preflight.declared import DeclaredColumn, DeclaredTable, Fixes
from operations.preflight.found import Found, FoundColumn, FoundTable, FoundView, Unreadable
from operations.preflight.policy import Verdict, verdict
from operations.preflight.report import message
from operations.preflight.rules import Difference, Kind, differences

MODEL = DeclaredTable(
    ("silver", "sales"),
    "sales",
    Fixes(make="dbt build --select +sales", rebuild="dbt build --full-refresh --select sales"),
    policy="append_new_columns",
    columns=(DeclaredColumn("id", "bigint", is_required=True), DeclaredColumn("sum", "double")),
    is_complete=True,
    partition_by=("month(day)",),
    properties={"format-version": "3", "write.merge.mode": "merge-on-read"},
)
RAW = replace(
    MODEL,
    identifier=("raw_till", "sales"),
    fixes=Fixes(
        make="firn ingest s", rebuild="firn ingest s --full-refresh", evolve="firn ingest s"
    ),
    policy="rescue",
)
FOUND = FoundTable(
    columns={"id": FoundColumn("bigint", True), "sum": FoundColumn("double", False)},
    partition_by=("month(day)",),
    sort_by=(),
    properties={"write.merge.mode": "merge-on-read", "write.format.default": "parquet"},
    format_version=3,
)


def _only(declared: DeclaredTable, found: Found) -> Difference:
    (difference,) = differences(declared, found)
    return difference


def _with(**columns: FoundColumn | None) -> FoundTable:
    merged = {**FOUND.columns, **columns}
    return replace(FOUND, columns={k: v for k, v in merged.items() if v is not None})


@pytest.mark.parametrize("declared", [MODEL, RAW])
def test_a_table_as_declared_has_no_difference(declared: DeclaredTable) -> None:
    assert differences(declared, FOUND) == []


def test_a_missing_column_is_additive_and_a_missing_key_breaking() -> None:
    difference = _only(MODEL, _with(sum=None))
    assert (difference.kind, difference.column) == (Kind.ADDITIVE, "sum")
    assert difference.fix == "alter table silver.sales add column sum double"
    assert verdict(MODEL, difference) is Verdict.PASSES
    assert _only(RAW, _with(sum=None)).fix == "firn ingest s"
    assert _only(RAW, _with(id=None)).kind is Kind.BREAKING
    assert _only(RAW, _with(id=None)).fix == "firn ingest s --full-refresh"


def test_a_narrower_column_is_widened_and_a_wider_one_breaks() -> None:
    narrow = _only(MODEL, _with(sum=FoundColumn("float", False)))
    assert (narrow.kind, narrow.is_fixable) == (Kind.WIDENING, True)
    assert narrow.fix == "alter table silver.sales alter column sum type double"
    assert verdict(MODEL, narrow) is Verdict.FIXED
    raw = _only(RAW, _with(id=FoundColumn("int", True)))
    assert (raw.kind, raw.fix, verdict(RAW, raw)) == (
        Kind.WIDENING,
        "firn ingest s",
        Verdict.PASSES,
    )
    other = _only(MODEL, _with(sum=FoundColumn("string", False)))
    assert (other.kind, other.declared, other.found) == (Kind.BREAKING, "double", "string")
    assert verdict(MODEL, other) is Verdict.STOPS


def test_a_column_that_may_be_null_breaks_and_one_that_need_not_be_is_loosened() -> None:
    loose = _only(MODEL, _with(id=FoundColumn("bigint", False)))
    assert (loose.kind, loose.declared, loose.found) == (
        Kind.BREAKING,
        "bigint, required",
        "bigint",
    )
    strict = _only(MODEL, _with(sum=FoundColumn("double", True)))
    assert (strict.kind, strict.is_fixable) == (Kind.WIDENING, True)
    assert strict.fix == "alter table silver.sales alter column sum drop not null"


def test_a_column_nobody_declared_is_reported_unless_the_table_may_grow() -> None:
    found = _with(extra=FoundColumn("int", False))
    difference = _only(MODEL, found)
    assert (difference.kind, difference.declared) == (Kind.ADDITIVE, "not declared")
    assert verdict(MODEL, difference) is Verdict.PASSES
    assert differences(replace(MODEL, may_grow=True), found) == []
    assert differences(replace(MODEL, is_complete=False), found) == []
    required = _with(extra=FoundColumn("int", True))
    assert _only(replace(MODEL, may_grow=True), required).kind is Kind.BREAKING


def test_other_partitions_break_and_a_sort_order_does_not() -> None:
    parted = _only(MODEL, replace(FOUND, partition_by=()))
    assert (parted.kind, parted.declared, parted.found) == (Kind.BREAKING, "month(day)", "none")
    assert parted.column is None
    ordered = _only(MODEL, replace(FOUND, sort_by=("id asc",)))
    assert (ordered.kind, ordered.is_fixable) == (Kind.ADDITIVE, False)
    assert ordered.fix == "alter table silver.sales write unordered"


def test_properties_are_set_again_and_those_of_safety_break() -> None:
    unset = _only(MODEL, replace(FOUND, properties={}))
    assert (unset.kind, unset.found, unset.is_fixable) == (Kind.ADDITIVE, "not set", True)
    assert "set tblproperties ('write.merge.mode' = 'merge-on-read')" in unset.fix
    safe = replace(RAW, properties={"commit.retry.num-retries": "0"})
    unsafe = replace(FOUND, properties={"commit.retry.num-retries": "4"})
    assert _only(safe, unsafe).kind is Kind.BREAKING


def test_an_older_format_is_raised_and_a_newer_one_cannot_be_lowered() -> None:
    older = _only(MODEL, replace(FOUND, format_version=2))
    assert older.kind is Kind.BREAKING
    assert older.fix.endswith("set tblproperties ('format-version' = '3')")
    newer = _only(MODEL, replace(FOUND, format_version=4))
    assert newer.fix == "drop table silver.sales; then dbt build --select +sales"


def test_a_table_that_the_run_makes_anew_needs_only_to_be_readable() -> None:
    replaced = replace(MODEL, has_shape=False)
    broken = _with(sum=FoundColumn("string", False), id=None)
    assert differences(replaced, broken) == []
    fault = replace(broken, fault=FileFault("manifest list gone", "f.avro", 7))
    assert _only(replaced, fault).found == "manifest list gone"
    assert _only(replaced, Unreadable("no location", "why")).found == "no location"


def test_what_cannot_be_opened_goes_back_to_the_commit_before_if_that_is_whole() -> None:
    with_previous = _only(MODEL, Unreadable("metadata file gone", "Gone.", "m0.json"))
    assert with_previous.fix == "firn restore silver.sales"
    without = _only(MODEL, Unreadable("metadata file gone", "Gone."))
    assert "firn restore silver.sales --forget; then dbt build --select +sales" in without.fix
    assert "restore the file from a backup" in without.fix


def test_a_view_in_the_place_of_a_table_breaks() -> None:
    assert _only(MODEL, FoundView()).found == "a view"
    assert differences(replace(MODEL, is_view=True, has_shape=False), FoundView()) == []


def test_a_missing_table_breaks_unless_it_is_made_on_demand() -> None:
    assert _only(MODEL, None).fix == "dbt build --select +sales"
    assert differences(replace(MODEL, is_made_on_demand=True), None) == []


@pytest.mark.parametrize("policy", ["freeze", "fail"])
def test_a_frozen_table_stops_for_any_difference(policy: str) -> None:
    frozen = replace(MODEL, policy=policy)
    assert verdict(frozen, _only(frozen, _with(sum=None))) is Verdict.STOPS


def test_nothing_is_fixed_where_a_change_is_ignored() -> None:
    ignoring = replace(MODEL, policy="ignore")
    narrow = _only(ignoring, _with(sum=FoundColumn("float", False)))
    assert verdict(ignoring, narrow) is Verdict.PASSES


def test_the_message_is_one_table_with_aligned_columns() -> None:
    found = _with(sum=FoundColumn("string", False), id=FoundColumn("int", True))
    judged = [(d, verdict(RAW, d)) for d in differences(RAW, found)]
    lines = message(judged).splitlines()
    assert lines[0] == (
        "Nothing was built: 2 differences between declaration and lake in 1 table"
        " (1 breaking, 1 widening)."
    )
    assert lines[2:] == [
        "table           column  declared          found          class     verdict        fix",
        "raw_till.sales  sum     double            string         breaking  stops the run"
        "  firn ingest s --full-refresh",
        "raw_till.sales  id      bigint, required  int, required  widening  tolerated    "
        "  firn ingest s",
    ]
    unset = _only(MODEL, replace(FOUND, properties={}))
    said = message([(unset, Verdict.FIXED)])
    assert said.startswith("Pre-flight: 1 difference between")
    assert "dbt run-operation run_query" in said
