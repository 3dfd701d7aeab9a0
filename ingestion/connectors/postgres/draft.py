"""Drafts a declaration for people to review: a database's catalog -> tables, keys, cursors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.connectors.base import ConnectorContext, DraftRequest
from ingestion.connectors.postgres.declaration import PostgresSource
from ingestion.connectors.postgres.reader import PostgresReader
from ingestion.declarations.checks import UNFIT_AS_KEY
from ingestion.declarations.draft import (
    JINJA_NAME,
    Draft,
    description,
    has_jinja,
    looks_personal,
    require_identifier,
)
from ingestion.declarations.naming import declared_names
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


def draft_source(request: DraftRequest, settings: Settings) -> Draft:
    """Return a draft for the tables of the PostgreSQL schema that `options["schema"]` names.

    Types and keys come from the catalog, cursors and personal data are guessed by name; remarks say
    what to review. Names that cannot be declared get another one. Raises ConfigurationError for a
    source's name that is no identifier, EnvironmentFault for a schema without tables.
    """
    schema = request.options.get("schema", "public")
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
    names = declared_names((summary.table.name for summary in summaries), "table")
    drafts = (_TableDraft(s, names[s.table.name], remarks) for s in summaries)
    tables = [table for draft in drafts if (table := draft.drafted()) is not None]
    ingestion = {"connector": "postgres", "connection": request.connection, "schema": schema}
    return Draft(ingestion, tables, remarks)


class _TableDraft:
    """Drafts one table; what is to be reviewed goes to `remarks`."""

    def __init__(self, summary: TableSummary, name: str, remarks: list[str]) -> None:
        self._summary = summary
        self._name = name
        self._remarks = remarks
        self._columns = [c for c in summary.table.columns if self._is_declarable(c)]
        self._names = declared_names((column.name for column in self._columns), "column")
        self._key = self._best_key()

    def drafted(self) -> dict[str, Any] | None:
        """Return the table as dbt writes it, or None where nothing of it can be declared."""
        upstream = self._summary.table.name
        if not self._key or has_jinja(upstream):
            why = JINJA_NAME if self._key else "no column of it can identify a row"
            self._remarks.append(f"{upstream!r} is left out: {why}")
            return None
        ingestion = self._loading()
        if upstream != self._name:
            ingestion["table"] = upstream
        return {
            "name": self._name,
            "description": description(self._summary.comments.get(None)),
            "config": {"meta": {"ingestion": ingestion}},
            "columns": [self._column(column) for column in self._columns],
        }

    def _loading(self) -> dict[str, Any]:
        cursor = self._likely_cursor()
        ingestion: dict[str, Any] = {"load": "incremental" if cursor else "full"}
        ingestion["key"] = [self._names[column.name] for column in self._key]
        if cursor is None:
            self._remark("has no likely cursor, so each load reads all of it")
            return ingestion
        ingestion["cursor"] = self._names[cursor.name]
        if not cursor.is_not_null:
            self._remark("may be null; such rows go to quarantine", self._names[cursor.name])
        return ingestion

    def _best_key(self) -> list[UpstreamColumn]:
        """Return the columns of the primary key, of what is unique, or all that may identify."""
        by_name = {column.name: column for column in self._columns}
        for names in self._summary.keys:
            if by_name.keys() >= set(names):
                key = [by_name[name] for name in names]
                break
        else:
            key = [
                column
                for column in self._columns
                if column.is_array or column.best_type.name not in UNFIT_AS_KEY
            ]
            if key:
                self._remark(
                    "has no primary key and nothing unique: rows that are alike count as one;"
                    " name the columns that identify a row"
                )
        nullable = [self._names[column.name] for column in key if not column.is_not_null]
        if nullable:
            self._remark("may be null; such rows go to quarantine", " or ".join(nullable))
        return key

    def _column(self, column: UpstreamColumn) -> dict[str, Any]:
        name, data_type = self._names[column.name], column.best_type
        declared: dict[str, Any] = {
            "name": name,
            "description": description(self._summary.comments.get(column.name)),
            "data_type": str(data_type),
        }
        meta: dict[str, Any] = {}
        if name != column.name:
            meta["path"] = [column.name] if "." in column.name else column.name
        if column in self._key:
            if data_type.name in UNFIT_AS_KEY:
                declared["data_type"] = "string"
            declared["data_tests"] = ["not_null"]
        elif looks_personal(name):
            declared["data_type"] = "string"
            meta["personal_data"] = "token"
            self._remark("looks personal: token, drop, or neither?", name)
        if meta:
            declared["config"] = {"meta": meta}
        return declared

    def _is_declarable(self, column: UpstreamColumn) -> bool:
        if column.is_readable and not has_jinja(column.name):
            return True
        why = JINJA_NAME if column.is_readable else "the role may not read it"
        self._remarks.append(f"{self._name}: {column.name!r} is left out: {why}")
        return False

    def _likely_cursor(self) -> UpstreamColumn | None:
        times = {
            self._names[column.name]: column
            for column in self._columns
            if column.base in CURSOR_TYPES and not column.is_array
        }
        return next((times[name] for name in CURSOR_NAMES if name in times), None)

    def _remark(self, text: str, column: str = "") -> None:
        self._remarks.append(f"{self._name}{'.' if column else ''}{column} {text}")


def _no_tokeniser() -> Tokeniser:
    raise ConfigurationError("a draft reads no rows", "")
