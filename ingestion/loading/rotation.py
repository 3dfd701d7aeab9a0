"""A new key for tokens: tables whose tokens another key made -> what to read again, and after.

Reading again replaces a table in one commit, which also says the new key: a table's tokens are all
of one key, whenever the process dies, and tables that are done are not done again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain

from ingestion.connectors.batches import QuarantinedRow
from ingestion.declarations import TableDeclaration, select_tables
from ingestion.personal_data import Tokeniser
from ingestion.quarantine.rows import Mark, QuarantinedRows, Resolution
from ingestion.quarantine.store import PLACE_OF_KEY
from ingestion.raw_tables.progress import Progress
from ingestion.raw_tables.token_key import NO_KEY, TokenKey
from ingestion.sources import load_sources
from lake.lake import Lake
from lake.settings import Settings

TOKEN = "token"  # noqa: S105 - a kind of value


def tables_of_other_keys(settings: Settings, selection: Sequence[str] = ()) -> list[str]:
    """Return the labels of tables whose tokens are not known to be of the key that is set now.

    Raises ConfigurationError for wrong declarations or names, or without a key.
    """
    lake, mark = Lake(settings), Tokeniser(settings.token_key).key_mark
    found = []
    for table in _tables_with_tokens(settings, selection):
        stored = lake.stored(table.identifier)
        if stored and stored.snapshot_id and TokenKey.of(stored.properties).mark != mark:
            found.append(table.label)
    return found


def resolve_all_former_tokens(settings: Settings, selection: Sequence[str] = ()) -> None:
    """Resolve what quarantine keeps with tokens of former keys, of all selected tables."""
    lake = Lake(settings)
    for table in _tables_with_tokens(settings, selection):
        resolve_former_tokens(lake, table)


def resolve_former_tokens(lake: Lake, table: TableDeclaration) -> int:
    """Mark the table's rows in quarantine that hold tokens of another key; return their number.

    The source's rows were read with the table's own key too. The newest load is named as what
    superseded them. A load with another key that was killed leaves such rows as well.
    """
    stored = lake.stored(table.identifier)
    key = TokenKey.of(stored.properties) if stored else NO_KEY
    if not stored or not key.mark:
        return 0
    load_id, now = Progress.of(stored.properties).load_id, datetime.now(UTC)
    rows = QuarantinedRows(lake, table)
    marks = {
        row.row_id: Mark.of(row).resolved(Resolution.SUPERSEDED, load_id, now)
        for row in chain.from_iterable(rows.open())
        if _has_token(table, row) and not _is_of(key, row)
    }
    rows.mark(marks)
    return len(marks)


def _tables_with_tokens(settings: Settings, selection: Sequence[str]) -> Iterator[TableDeclaration]:
    for source in select_tables(load_sources(settings.project_dir), selection):
        yield from (table for table in source.tables if table.needs_token_key)


def _is_of(key: TokenKey, row: QuarantinedRow) -> bool:
    """Whether a row's tokens are of that key; of rows without its mark, the younger ones are."""
    if mark := row.place.get(PLACE_OF_KEY):
        return bool(mark == key.mark)
    return not key.since or row.ingested_at >= datetime.fromisoformat(key.since)


def _has_token(table: TableDeclaration, row: QuarantinedRow) -> bool:
    """Whether a value of the row was replaced by a token: by its kind, or as it is declared."""
    declared = {column.name for column in table.columns if column.personal_data}
    return any(
        value is not None and (row.kinds.get(name) == TOKEN or name in declared)
        for name, value in row.values.items()
    )
