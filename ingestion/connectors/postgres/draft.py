"""Drafts a declaration for people to review: a database's catalog -> tables, keys, cursors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.connectors.base import ConnectorContext, DraftRequest
from ingestion.connectors.postgres.declaration import PostgresSource
from ingestion.connectors.postgres.reader import PostgresReader
from ingestion.declarations.draft import UNDESCRIBED, Draft, require_identifier
from ingestion.declarations.model import IDENTIFIER
from ingestion.personal_data import Tokeniser
from lake.errors import ConfigurationError, EnvironmentFault
from lake.settings import Settings

if TYPE_CHECKING:
    from ingestion.connectors.postgres.catalog_summary import TableSummary
    from ingestion.connectors.postgres.types import UpstreamColumn

# The first of these names that a table has is its likely cursor: changes before creations.
CURSOR_NAMES = (
    "updated_at",
    "modified_at",
    "last_modified_at",
    "last_updated_at",
    "changed_at",
    "last_modified",
    "last_update",
    "modified",
    "updated",
)
CURSOR_TYPES = ("timestamptz", "timestamp")
PERSONAL_WORDS = {
    "email",
    "mail",
    "phone",
    "mobile",
    "fax",
    "surname",
    "lastname",
    "firstname",
    "birthday",
    "birthdate",
    "iban",
    "ssn",
    "passport",
    "street",
    "ip",
}
PERSONAL_NAMES = {"full_name", "first_name", "last_name", "birth_date", "date_of_birth", "address"}


def draft_source(request: DraftRequest, settings: Settings) -> Draft:
    """Return a draft for the tables of the PostgreSQL schema that `options["schema"]` names.

    Types and keys come from the catalog, cursors and personal data are guessed by name; remarks say
    what to review. Raises ConfigurationError for a name that is no identifier, EnvironmentFault for
    a schema without tables.
    """
    schema = require_identifier(request.options.get("schema", "public"))
    source = PostgresSource(
        name=require_identifier(request.name),
        file=Path(f"{request.name}.yml"),
        connector="postgres",
        connection=request.connection,
        upstream_schema=schema,
        tables=(),
    )
    with PostgresReader(source, ConnectorContext(settings, _no_tokeniser)) as reader:
        summaries = reader.summarize_catalog()
    if not summaries:
        raise EnvironmentFault(
            f"schema {schema!r} has no table that the role of {request.connection} can see",
            f"name another with --schema, or: grant usage on schema {schema} to that role",
        )
    remarks: list[str] = []
    tables = [_table(summary, remarks) for summary in summaries]
    ingestion = {"connector": "postgres", "connection": request.connection, "schema": schema}
    return Draft(ingestion, tables, remarks)


def _table(summary: TableSummary, remarks: list[str]) -> dict[str, Any]:
    name = summary.table.name
    columns = [c for c in summary.table.columns if _is_declarable(c, name, remarks)]
    if not _is_identifier(name):
        remarks.append(f"{name!r} cannot be declared: rename it upstream or read it through a view")
    cursor = _likely_cursor(columns)
    ingestion: dict[str, Any] = {"load": "incremental" if cursor else "full"}
    ingestion["key"] = list(summary.key)
    if cursor:
        ingestion["cursor"] = cursor.name
        if not cursor.is_not_null:
            remarks.append(f"{name}.{cursor.name} may be null; such rows go to quarantine")
    else:
        remarks.append(f"{name} has no likely cursor, so each load reads all of it")
    if not summary.key:
        remarks.append(f"{name} has no primary key; name the columns that identify a row")
    return {
        "name": name,
        "description": summary.comments.get(None, UNDESCRIBED),
        "config": {"meta": {"ingestion": ingestion}},
        "columns": [_column(column, summary, remarks) for column in columns],
    }


def _column(column: UpstreamColumn, summary: TableSummary, remarks: list[str]) -> dict[str, Any]:
    is_key = column.name in summary.key
    declared: dict[str, Any] = {
        "name": column.name,
        "description": summary.comments.get(column.name, UNDESCRIBED),
        "data_type": str(column.best_type),
    }
    if is_key:
        declared["data_tests"] = ["not_null"]
    elif _looks_personal(column.name):
        declared["data_type"] = "string"
        declared["config"] = {"meta": {"personal_data": "token"}}
        remarks.append(
            f"{summary.table.name}.{column.name} looks personal: token, drop, or neither?"
        )
    return declared


def _is_declarable(column: UpstreamColumn, table: str, remarks: list[str]) -> bool:
    if _is_identifier(column.name) and column.is_readable:
        return True
    why = "the role may not read it" if not column.is_readable else "its name is no identifier"
    remarks.append(f"{table}.{column.name} is left out: {why}")
    return False


def _is_identifier(name: str) -> bool:
    return IDENTIFIER.fullmatch(name) is not None and not name.startswith("_")


def _likely_cursor(columns: list[UpstreamColumn]) -> UpstreamColumn | None:
    times = {c.name: c for c in columns if c.base in CURSOR_TYPES and not c.is_array}
    return next((times[name] for name in CURSOR_NAMES if name in times), None)


def _looks_personal(name: str) -> bool:
    return name in PERSONAL_NAMES or bool(PERSONAL_WORDS & set(name.split("_")))


def _no_tokeniser() -> Tokeniser:
    raise ConfigurationError("a draft reads no rows", "")
