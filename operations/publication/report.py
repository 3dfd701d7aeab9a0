"""What became of a run's gold tables, in words."""

from __future__ import annotations

from collections.abc import Iterator

from operations.publication.publish import Result

SHOWN_OBJECTIONS = 10


def lines_of(result: Result) -> Iterator[str]:
    """Yield what was published and what was not, and why; nothing where there was nothing to do."""
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
