"""What became of a run's gold tables, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from operations.publication.publish import Result

if TYPE_CHECKING:
    from operations.exports.declared import DeclaredResult

SHOWN_OBJECTIONS = 10


def message(result: Result, exported: Sequence[DeclaredResult] = ()) -> str:
    """Return what was published and exported, and what was not, and why; "" for nothing at all."""
    return "\n".join((*_lines(result), *_export_lines(exported)))


def _lines(result: Result) -> Iterator[str]:
    if result.publication:
        tables, areas = len(result.published), ", ".join(result.publication.areas)
        number = result.publication.publication_id
        yield f"Publication {number}: {tables} gold tables of {areas}"
    if result.rejected:
        names = ", ".join(".".join(table) for table in result.rejected)
        yield f"Not published: {names}"
        shown = result.objections[:SHOWN_OBJECTIONS]
        yield from (f"  {objection}" for objection in shown)
        if more := len(result.objections) - len(shown):
            yield f"  and {more} more"
        yield f"  Look at what was refused: firn show {'.'.join(result.rejected[0])} --rejected"


def _export_lines(exported: Sequence[DeclaredResult]) -> Iterator[str]:
    if exported:
        written = sum(one.fault is None for one in exported)
        yield f"Exported: {written} of {len(exported)} files that models declare"
    for one in exported:
        if one.fault:
            yield f"  {one.declared.label} ({one.declared.declared_at}): {one.fault}"
