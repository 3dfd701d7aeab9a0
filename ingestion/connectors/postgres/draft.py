"""Drafts a declaration for people to review: a database's catalog -> YAML for models/raw/."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ingestion.declarations import PostgresSource
from ingestion.declarations.model import IDENTIFIER
from ingestion.loading.personal_data import Tokeniser
from lake.errors import ConfigurationError, EnvironmentFault
from lake.settings import Settings

if TYPE_CHECKING:
    from ingestion.connectors.postgres import Outline
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
UNDESCRIBED = "To be described."


def declare_from_database(
    settings: Settings, name: str, connection: str, schema: str = "public"
) -> str:
    """Return a draft of models/raw/`name`.yml for the tables of a PostgreSQL schema.

    `connection` names the environment variable that holds the URL. Types and keys come from the
    catalog, cursors and personal data are guessed by name; remarks at the top say what to review.
    Raises ConfigurationError for a name that is no identifier or a schema without tables.
    """
    from ingestion.connectors.postgres import PostgresReader

    source = _source(name, connection, schema)
    with PostgresReader(source, settings.connection(connection), _no_tokeniser) as reader:
        outlines = reader.outline()
    if not outlines:
        raise EnvironmentFault(
            f"schema {schema!r} has no table that the role of {connection} can see",
            f"name another with --schema, or: grant usage on schema {schema} to that role",
        )
    remarks: list[str] = []
    tables = [_table(outline, remarks) for outline in outlines]
    block = {"connector": "postgres", "connection": connection, "schema": schema}
    content = {
        "sources": [
            {
                "name": name,
                "description": UNDESCRIBED,
                "schema": f"raw_{name}",
                "config": {
                    "loaded_at_field": "_ingested_at",
                    "freshness": {"warn_after": {"count": 1, "period": "day"}},
                    "meta": {"ingestion": {**block, "new_columns": "rescue"}},
                },
                "tables": tables,
            }
        ]
    }
    header = ["A draft made from the database. Review keys, cursors and personal data.", *remarks]
    comment = "".join(f"# {line}\n" for line in header)
    return comment + yaml.dump(
        content, Dumper=_IndentedDumper, sort_keys=False, allow_unicode=True, width=100
    )


class _IndentedDumper(yaml.SafeDumper):
    """Indents lists below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


def _source(name: str, connection: str, schema: str) -> PostgresSource:
    for text in (name, schema):
        if not IDENTIFIER.fullmatch(text):
            raise ConfigurationError(
                f"{text!r} is not an identifier", "use a name such as crm: [a-z_][a-z0-9_]*"
            )
    return PostgresSource(
        name=name,
        file=Path(f"{name}.yml"),
        connection=connection,
        upstream_schema=schema,
        tables=(),
    )


def _table(outline: Outline, remarks: list[str]) -> dict[str, Any]:
    name = outline.table.name
    columns = [c for c in outline.table.columns if _is_declarable(c, name, remarks)]
    if not _is_identifier(name):
        remarks.append(f"{name!r} cannot be declared: rename it upstream or read it through a view")
    cursor = _likely_cursor(columns)
    ingestion: dict[str, Any] = {"load": "incremental" if cursor else "full"}
    ingestion["key"] = list(outline.key)
    if cursor:
        ingestion["cursor"] = cursor.name
        if not cursor.is_not_null:
            remarks.append(f"{name}.{cursor.name} may be null; such rows go to quarantine")
    else:
        remarks.append(f"{name} has no likely cursor, so each load reads all of it")
    if not outline.key:
        remarks.append(f"{name} has no primary key; name the columns that identify a row")
    return {
        "name": name,
        "description": outline.comments.get(None, UNDESCRIBED),
        "config": {"meta": {"ingestion": ingestion}},
        "columns": [_column(column, outline, remarks) for column in columns],
    }


def _column(column: UpstreamColumn, outline: Outline, remarks: list[str]) -> dict[str, Any]:
    is_key = column.name in outline.key
    declared: dict[str, Any] = {
        "name": column.name,
        "description": outline.comments.get(column.name, UNDESCRIBED),
        "data_type": str(column.best_type),
    }
    if is_key:
        declared["data_tests"] = ["not_null"]
    elif _looks_personal(column.name):
        declared["data_type"] = "string"
        declared["config"] = {"meta": {"personal_data": "token"}}
        remarks.append(
            f"{outline.table.name}.{column.name} looks personal: token, drop, or neither?"
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
