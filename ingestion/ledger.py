"""Tables that Firn keeps for itself (ops, quarantine): plain columns -> append-only tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from ingestion.lake import Identifier, Lake
from ingestion.raw_tables import PROPERTIES
from ingestion.types import DataType

if TYPE_CHECKING:
    from pyiceberg.table import Table

ATTEMPTS = 20
LONGEST_WAIT_SECONDS = 0.2


def ensure_ledger(lake: Lake, identifier: Identifier, columns: Mapping[str, str]) -> Table:
    """Return the table, made if missing: `columns` are names and types, the first required.

    A table made when there were fewer columns gets the others, null in all its rows.
    """
    from pyiceberg.exceptions import TableAlreadyExistsError
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField

    if table := lake.table(identifier):
        return _completed(table, columns)
    schema = Schema(
        *(
            NestedField(number, name, DataType(kind).iceberg(), required=number == 1)
            for number, (name, kind) in enumerate(columns.items(), start=1)
        )
    )
    lake.catalog.create_namespace_if_not_exists(identifier[0])
    try:
        return lake.catalog.create_table(identifier, schema, properties=PROPERTIES)
    except TableAlreadyExistsError:
        return lake.catalog.load_table(identifier)


def _completed(table: Table, columns: Mapping[str, str]) -> Table:
    missing = [name for name in columns if name not in table.schema().column_names]
    if missing:
        with table.update_schema() as update:
            for name in missing:
                update.add_column(name, DataType(columns[name]).iceberg())
    return table


def repeat_on_conflict(action: Callable[[], None]) -> None:
    """Run `action`, again from its beginning whenever another writer's commit came before its own.

    Raises pyiceberg's CommitFailedException after twenty conflicts in a row.
    """
    from pyiceberg.exceptions import CommitFailedException

    attempts = Retrying(
        retry=retry_if_exception_type(CommitFailedException),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random(0.01, LONGEST_WAIT_SECONDS),
        reraise=True,
    )
    attempts(action)
