"""Rows that wait in quarantine: null counts and bounds of its files -> a count for each table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lake.statistics import FileStatistics
from operations.monitoring.status.counting import CountedTable

TABLE_NAME, RESOLUTION = "table_name", "resolution"
WHOLE_TEXT = 16  # bounds of texts are cut off behind so many characters


def open_rows(quarantine: CountedTable, tables: Sequence[str]) -> dict[str, int] | None:
    """Return by table how many rows nothing has resolved yet.

    A load sets aside rows of one table, so most files say both by their bounds; the others are
    read. None where they are too large for that.
    """
    counts: Counter[str] = Counter()
    unclear = []
    for file in quarantine.statistics.files:
        name, is_open = _table_of(quarantine, file, tables), _is_open(quarantine, file)
        if is_open is None or (is_open and name is None):
            unclear.append(file)
        elif is_open and name is not None:
            counts[name] += file.rows
    if unclear:
        if not quarantine.may_open(unclear):
            return None
        has_resolution = RESOLUTION in quarantine.statistics.columns
        where = f" where {RESOLUTION} is null" if has_resolution else ""
        columns = [TABLE_NAME, *([RESOLUTION] if has_resolution else [])]
        query = f"select {TABLE_NAME}, count(*) from rows{where} group by all"
        counts.update(
            {name: int(count) for name, count in quarantine.query(unclear, columns, query)}
        )
    return dict(counts)


def _table_of(quarantine: CountedTable, file: FileStatistics, tables: Sequence[str]) -> str | None:
    """Return the table that all rows of a file are of, None where bounds leave it open.

    Of a long name they hold the beginning, which is enough if one table alone begins so.
    """
    bounds = quarantine.statistics.bounds(file, TABLE_NAME)
    if bounds is None or bounds.least is None:
        return None
    if len(bounds.least) < WHOLE_TEXT:
        return str(bounds.least) if bounds.least == bounds.greatest else None
    fitting = [name for name in tables if bounds.least <= name <= bounds.greatest]
    begins_so = bounds.greatest[: WHOLE_TEXT - 1] == bounds.least[:-1]
    return fitting[0] if len(fitting) == 1 and begins_so else None


def _is_open(quarantine: CountedTable, file: FileStatistics) -> bool | None:
    """Whether nothing has resolved any row of a file, None where some are."""
    number, _ = quarantine.statistics.columns.get(RESOLUTION, (None, ""))
    nulls = file.rows if number is None else file.nulls.get(number)
    return {file.rows: True, 0: False}.get(-1 if nulls is None else nulls)
