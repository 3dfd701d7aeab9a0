"""Tables that Firn keeps for itself (ops, quarantine): plain columns -> append-only tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lake.errors import FirnError
from lake.lake import Identifier, Lake
from lake.namespaces import ensure_namespace
from lake.table_properties import PROPERTIES_AT_CREATION
from lake.types import DataType

if TYPE_CHECKING:
    from pyiceberg.table import Table


def ensure_system_table(lake: Lake, identifier: Identifier, columns: Mapping[str, str]) -> Table:
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
    ensure_namespace(lake.catalog, identifier[0])
    try:
        return lake.catalog.create_table(identifier, schema, properties=PROPERTIES_AT_CREATION)
    except TableAlreadyExistsError:
        return lake.catalog.load_table(identifier)


def append_rows(
    lake: Lake,
    identifier: Identifier,
    columns: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    summary: Mapping[str, str] | None = None,
) -> None:
    """Add rows to the table, made if missing, in one commit, whose own summary says `summary` too.

    Raises what `append_faults` names.
    """
    import pyarrow as pa
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    table = ensure_system_table(lake, identifier, columns)
    found = pa.Table.from_pylist(list(rows), schema=schema_to_pyarrow(table.schema()))
    table.append(found, snapshot_properties=dict(summary or {}))


def append_faults() -> tuple[type[Exception], ...]:
    """Return what an append to such a table may raise where the lake is away, locked or busy."""
    from pyiceberg.exceptions import CommitFailedException
    from sqlalchemy.exc import SQLAlchemyError

    return FirnError, OSError, CommitFailedException, SQLAlchemyError


def _completed(table: Table, columns: Mapping[str, str]) -> Table:
    missing = [name for name in columns if name not in table.schema().column_names]
    if missing:
        with table.update_schema() as update:
            for name in missing:
                update.add_column(name, DataType(columns[name]).iceberg())
    return table
