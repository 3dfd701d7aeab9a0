"""What is declared of a PostgreSQL database: YAML blocks -> a source and its tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from pydantic import Field

from ingestion.declarations.model import (
    ColumnDeclaration,
    DeclarationModels,
    Declared,
    Duration,
    Finding,
    Identifier,
    Key,
    NewColumns,
    Partitions,
    SourceDeclaration,
    TableDeclaration,
    UpstreamName,
    Variable,
)

INFINITE_TYPES = ("date", "timestamp", "timestamp_ntz")


class PostgresIngestion(Declared):
    """The `config.meta.ingestion` of a database: where its tables are, and defaults for them."""

    connector: Literal["postgres"]
    connection: Variable
    upstream_schema: UpstreamName = Field(alias="schema")
    new_columns: NewColumns = NewColumns.RESCUE
    lag: Duration | None = None

    def declared(self) -> dict[str, object]:
        """Return what a PostgresSource takes from here."""
        return {"connection": self.connection, "upstream_schema": self.upstream_schema}


class PostgresTableIngestion(Declared):
    """A database table's `config.meta.ingestion`: how it is read and laid out."""

    load: Literal["incremental", "full"]
    key: Key
    cursor: Identifier | None = None
    partition_by: Partitions = ()
    new_columns: NewColumns | None = None
    lag: Duration | None = None
    table: UpstreamName | None = None

    def declared(self, name: str, source: PostgresIngestion) -> dict[str, object]:
        """Return what a PostgresTable called `name` takes from here and from its source."""
        return {
            "load": self.load,
            "key": self.key,
            "cursor": self.cursor,
            "partition_by": self.partition_by,
            "new_columns": self.new_columns or source.new_columns,
            "lag": self.lag if self.lag is not None else source.lag,
            "upstream_schema": source.upstream_schema,
            "upstream_table": self.table or name,
        }


class PostgresTable(TableDeclaration):
    """A raw table that is read from a table of a database."""

    upstream_schema: str
    upstream_table: str
    lag: timedelta | None

    def upstream_name(self, column: str) -> str:
        """Return what the database calls the declared column. Raises KeyError for another name."""
        return upstream_name(self.column(column))


class PostgresSource(SourceDeclaration):
    """A PostgreSQL database."""

    upstream_schema: str
    tables: tuple[PostgresTable, ...]


def upstream_name(column: ColumnDeclaration) -> str:
    """Return what the database calls a declared column."""
    return column.origin[0]


def check_columns(table: PostgresTable) -> Iterator[Finding]:
    """Yield what is wrong in a column: where it stands, and what it says of infinite times."""
    for column in table.columns:
        if column.truncate:
            yield (), f"column {column.name}: a database's times need no `truncate`"
        if column.infinity and column.data_type.name not in INFINITE_TYPES:
            yield (), f"column {column.name}: infinity is of times, declared {column.data_type}"
    yield from _check_origins(table)


def _check_origins(table: PostgresTable) -> Iterator[Finding]:
    known: dict[str, str] = {}
    for column in table.columns:
        if len(column.origin) > 1:
            dotted = ".".join(column.origin)
            yield (
                (),
                f"column {column.name}: path {dotted} has {len(column.origin)} names, a column of a"
                f" database has one; where it has dots write path: [{dotted}]",
            )
        elif (other := known.setdefault(upstream_name(column), column.name)) != column.name:
            yield (), f"column {column.name}: {upstream_name(column)!r} is declared as {other}"


MODELS = DeclarationModels(
    PostgresIngestion, PostgresTableIngestion, PostgresSource, PostgresTable, check_columns
)
