"""The rules: a declared table + what is found -> its differences, each with class and fix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lake.commit_times import TimesFault
from lake.damage import FileFault
from operations.preflight.declared import FORMAT_VERSION, DeclaredColumn, DeclaredTable
from operations.preflight.found import Found, FoundColumn, FoundTable, FoundView, Unreadable
from operations.preflight.types import is_wider

LANDED_LAYERS = ("raw", "quarantine")  # Python writes their rows, Spark those of the others
# A raw table that repeats a commit by itself would land the same rows twice.
SAFETY_PROPERTIES = ("commit.retry.num-retries",)


class Kind(StrEnum):
    """How far a difference goes.

    Additive: nothing that is there has to change. Widening: what is there fits the declaration
    without being written again. Breaking: neither, or the table cannot be trusted.
    """

    ADDITIVE = "additive"
    WIDENING = "widening"
    BREAKING = "breaking"


@dataclass(frozen=True)
class Difference:
    """One thing in which a table is not as declared.

    `part` is a column's name, or in brackets what else differs. `is_fixable` says that the fix is
    a statement which loses nothing and writes no data, so that pre-flight may run it itself.
    """

    table: str
    part: str
    declared: str
    found: str
    kind: Kind
    fix: str
    explanation: str = ""
    is_fixable: bool = False

    @property
    def column(self) -> str | None:
        """The column that differs, None where it is something else."""
        return None if self.part.startswith("(") else self.part


def differences(declared: DeclaredTable, found: Found) -> list[Difference]:
    """Return everything in which `found` is not as `declared`, none when they agree."""
    return list(_differences(declared, found))


def _differences(declared: DeclaredTable, found: Found) -> Iterator[Difference]:
    if found is None and declared.is_made_on_demand:
        return
    if found is None:
        what = "a view" if declared.is_view else "a table"
        yield _breaking(declared, "(table)", what, "does not exist", declared.fixes.make)
    elif isinstance(found, Unreadable):
        yield _unreadable(declared, found)
    elif isinstance(found, FoundView):
        if declared.has_shape:
            fix = f"drop view {declared.name}; then {declared.fixes.make}"
            yield _breaking(declared, "(table)", "a table", "a view", fix)
    else:
        if found.fault:
            yield _faulty(declared, found.fault, found.previous)
        if found.times:
            yield _of_times(declared, found.times)
        if declared.has_shape:
            yield from _of_columns(declared, found)
            yield from _of_layout(declared, found)
            yield from _of_properties(declared, found)


def _breaking(
    declared: DeclaredTable, part: str, wanted: str, present: str, fix: str
) -> Difference:
    return Difference(declared.name, part, wanted, present, Kind.BREAKING, fix)


def _unreadable(declared: DeclaredTable, found: Unreadable) -> Difference:
    return _unusable(declared, "(table)", found.found, found.explanation, found.previous)


def _faulty(declared: DeclaredTable, fault: FileFault, previous: str | None) -> Difference:
    explanation = f"{declared.name}: {fault}. Without it the table cannot be read."
    return _unusable(declared, "(newest commit)", fault.found, explanation, previous)


def _of_times(declared: DeclaredTable, fault: TimesFault) -> Difference:
    """Spark cannot write such a table; it reads one whose commits are only to come."""
    restore = f"firn restore {declared.name}"
    is_written_by_python = declared.layer in LANDED_LAYERS
    return Difference(
        declared.name,
        "(commit times)",
        "in order",
        fault.found,
        Kind.ADDITIVE if fault.is_readable and is_written_by_python else Kind.BREAKING,
        restore,
        f"{declared.name}: {fault.explanation}. The clock was set. If it is right now, {restore}"
        " gives its commits times in order that have passed; no row changes.",
    )


def _unusable(
    declared: DeclaredTable, part: str, found: str, explanation: str, previous: str | None
) -> Difference:
    restore = f"firn restore {declared.name}"
    if previous:
        fix = restore
        after = (
            f" An earlier commit is whole: {restore} goes back to it, and the next load or build"
            " makes what came after it again."
        )
    else:
        forget = f"{restore} --forget; then {declared.fixes.make}"
        fix = f"restore the file from a backup, or: {forget}"
        after = " No commit before can be read either."
    return Difference(
        declared.name, part, "readable", found, Kind.BREAKING, fix, explanation + after
    )


def _of_columns(declared: DeclaredTable, found: FoundTable) -> Iterator[Difference]:
    for column in declared.columns:
        present = found.columns.get(column.name)
        if present is None:
            yield _missing_column(declared, column)
        else:
            yield from _of_column(declared, column, present)
    wanted = {column.name for column in declared.columns}
    for name, extra in found.columns.items():
        if name not in wanted and declared.is_complete:
            yield from _extra_column(declared, name, extra)


def _missing_column(declared: DeclaredTable, column: DeclaredColumn) -> Difference:
    is_new_key = column.is_required
    fix = declared.fixes.rebuild if is_new_key else declared.fixes.evolve
    statement = f"alter table {declared.name} add column {column.name} {column.data_type}"
    return Difference(
        declared.name,
        column.name,
        _described(column.data_type, column.is_required),
        "no such column",
        Kind.BREAKING if is_new_key else Kind.ADDITIVE,
        fix or statement,
    )


def _of_column(
    declared: DeclaredTable, column: DeclaredColumn, present: FoundColumn
) -> Iterator[Difference]:
    is_same = column.data_type == present.data_type
    is_stricter = column.is_required and not present.is_required
    is_looser = present.is_required and not column.is_required
    if is_same and not is_stricter and not is_looser:
        return
    fits = is_same or is_wider(column.data_type, present.data_type)
    kind = Kind.WIDENING if fits and not is_stricter else Kind.BREAKING
    alter = f"alter table {declared.name} alter column {column.name}"
    statements = [f"{alter} type {column.data_type}"] if not is_same else []
    statements += [f"{alter} drop not null"] if is_looser else []
    is_fixable = kind is Kind.WIDENING and not declared.fixes.evolve and len(statements) == 1
    in_place = declared.fixes.evolve or "; ".join(statements)
    yield Difference(
        declared.name,
        column.name,
        _described(column.data_type, column.is_required),
        _described(present.data_type, present.is_required),
        kind,
        in_place if kind is Kind.WIDENING else declared.fixes.rebuild,
        is_fixable=is_fixable,
    )


def _extra_column(declared: DeclaredTable, name: str, extra: FoundColumn) -> Iterator[Difference]:
    """Nobody declared it: it stays and is NULL in new rows, unless it refuses to be."""
    alter = f"alter table {declared.name}"
    found = _described(extra.data_type, extra.is_required)
    if extra.is_required:
        fix = f"{alter} alter column {name} drop not null"
        yield _breaking(declared, name, "not declared", found, fix)
    elif not declared.may_grow:
        fix = f"{alter} drop column {name}"
        yield Difference(declared.name, name, "not declared", found, Kind.ADDITIVE, fix)


def _described(data_type: str, is_required: bool) -> str:
    return f"{data_type}, required" if is_required else data_type


def _of_layout(declared: DeclaredTable, found: FoundTable) -> Iterator[Difference]:
    if found.partition_by != declared.partition_by:
        yield _breaking(
            declared,
            "(partitions)",
            ", ".join(declared.partition_by) or "none",
            ", ".join(found.partition_by) or "none",
            declared.fixes.rebuild,
        )
    if found.sort_by:
        yield Difference(
            declared.name,
            "(sort order)",
            "none",
            ", ".join(found.sort_by),
            Kind.ADDITIVE,
            f"alter table {declared.name} write unordered",
        )


def _of_properties(declared: DeclaredTable, found: FoundTable) -> Iterator[Difference]:
    present = {**found.properties, FORMAT_VERSION: str(found.format_version)}
    for key, wanted in declared.properties.items():
        if present.get(key, "").lower() == wanted:
            continue
        is_safety = key in SAFETY_PROPERTIES
        fix = f"alter table {declared.name} set tblproperties ('{key}' = '{wanted}')"
        if key == FORMAT_VERSION and found.format_version > int(wanted):
            fix = f"drop table {declared.name}; then {declared.fixes.make}"
        yield Difference(
            declared.name,
            f"({key})",
            wanted,
            present.get(key, "not set"),
            Kind.BREAKING if is_safety or key == FORMAT_VERSION else Kind.ADDITIVE,
            fix,
            is_fixable=not is_safety and key != FORMAT_VERSION,
        )
