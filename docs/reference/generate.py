"""Writes the pages of docs/reference: commands, declarations and schemas in code -> Markdown.

Run by `make docs`. A sentence that code has no place for stands in descriptions.yml; one that is
missing there, or that describes nothing, is an error.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import typer
import yaml
from pydantic import BaseModel, ByteSize
from pydantic.fields import FieldInfo

import ingestion.connectors.kafka.declaration
import ingestion.loading.gaps
import ingestion.loading.load_history
import ingestion.quarantine.store
import operations.monitoring.source_freshness
import operations.monitoring.test_results
import operations.preflight.changes
import operations.publication.book
import operations.refresh.history
import operations.refresh.tasks.lags
from firn_dags import declared as airflow
from ingestion.connectors.registry import OWN, connector_type
from ingestion.declarations import ColumnDeclaration, PartitionField
from ingestion.declarations.refresh import DynamicTableBlock, RefreshBlock
from ingestion.raw_tables.schema import RawShape
from ingestion.sources import load_sources
from lake import errors
from lake.types import DataType
from operations.exports.declarations import ExportBlock
from operations.maintenance.policies import Policy
from operations.monitoring.status.marts import CountsOnly

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NOTE = "Written by `make docs` from {}; change it there.\n"
EXAMPLE = "shop"
UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
SYSTEM_TABLES = {
    "ops.loads": ingestion.loading.load_history.COLUMNS,
    "ops.gaps": ingestion.loading.gaps.COLUMNS,
    "ops.refreshes": operations.refresh.history.COLUMNS,
    "ops.publications": operations.publication.book.COLUMNS,
    "ops.source_freshness": operations.monitoring.source_freshness.COLUMNS,
    "ops.test_results": operations.monitoring.test_results.RESULT_COLUMNS,
    "quarantine.test_failures": operations.monitoring.test_results.FAILURE_COLUMNS,
    "ops.lags": operations.refresh.tasks.lags.COLUMNS,
    "ops.schema_changes": operations.preflight.changes.COLUMNS,
    "quarantine.<source>": ingestion.quarantine.store.COLUMNS,
}


class Descriptions:
    """The sentences of descriptions.yml, and which of them were used."""

    def __init__(self) -> None:
        """Read the file."""
        text = (HERE / "descriptions.yml").read_text(encoding="utf-8")
        self._content: dict[str, dict[str, str]] = yaml.safe_load(text)
        self._used: set[tuple[str, str]] = set()

    def of(self, group: str, name: str) -> str:
        """Return the sentence for `name` of `group`. Raises LookupError when there is none."""
        try:
            sentence = self._content[group][name]
        except KeyError:
            raise LookupError(f"docs/reference/descriptions.yml lacks {group}.{name}") from None
        self._used.add((group, name))
        return sentence

    def require_all_used(self) -> None:
        """Raise LookupError when a sentence describes something that is not in the code."""
        every = {(group, name) for group, names in self._content.items() for name in names}
        if surplus := sorted(every - self._used):
            names = ", ".join(".".join(pair) for pair in surplus)
            raise LookupError(f"docs/reference/descriptions.yml describes nothing with {names}")


def pages() -> dict[str, str]:
    """Return the generated pages: file name in docs/reference -> content.

    Raises LookupError when a description is missing or describes nothing.
    """
    descriptions = Descriptions()
    found = {
        "cli.md": cli_page(),
        "yaml.md": yaml_page(descriptions),
        "tables.md": tables_page(descriptions),
    }
    descriptions.require_all_used()
    return found


def grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    lines = [list(head), *(list(row) for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(_cell(text) for text in line)} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


# Commands


def cli_app() -> Any:  # noqa: ANN401 - a command of typer's own kind
    """Return the command that pyproject.toml calls `firn`, with all below it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module = project["scripts"]["firn"].split(":")[0]
    return typer.main.get_command(importlib.import_module(module).app)


def cli_page() -> str:
    """Return the page of commands, their arguments, options and exit codes."""
    app = cli_app()
    parts = ["# Commands\n", "Every `firn` command with its arguments and options.\n"]
    parts += [NOTE.format("the help texts in `operations/cli/`")]
    parts += [part for name, command in commands(app) for part in _command(name, command)]
    faults = [
        (str(fault.exit_code), f"`{name}`", inspect.getdoc(fault) or "")
        for name, fault in inspect.getmembers(errors, inspect.isclass)
        if issubclass(fault, errors.FirnError) and fault is not errors.FirnError
    ]
    parts += ["## Exit codes\n", "0: done. Otherwise the kind of error decides.\n"]
    parts += [grid(("code", "error", "means"), sorted(faults))]
    return "\n".join(parts)


def commands(group: Any, prefix: str = "firn") -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Yield every command that does something, groups opened: full name, command."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "list_commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def _command(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401
    visible = [parameter for parameter in command.params if not parameter.hidden]
    arguments = [p for p in visible if not p.opts[0].startswith("-")]
    options = [p for p in visible if p.opts[0].startswith("-")]
    usage = [name, *(["[OPTIONS]"] if options else []), *map(_metavar, arguments)]
    yield f"## {name}\n"
    yield f"    {' '.join(usage)}\n"
    yield f"{inspect.cleandoc(command.help or '')}\n"
    rows = [(_metavar(p), _default(p), p.help or "") for p in arguments]
    rows += [(" / ".join((*p.opts, *p.secondary_opts)), _default(p), p.help or "") for p in options]
    if rows:
        yield grid(("argument or option", "default", "means"), ((f"`{a}`", *b) for a, *b in rows))


def _metavar(argument: Any) -> str:  # noqa: ANN401
    if argument.metavar:
        return str(argument.metavar)
    name = f"{argument.name.upper()}{'...' if argument.nargs == -1 else ''}"
    return name if argument.required else f"[{name}]"


def _default(parameter: Any) -> str:  # noqa: ANN401
    if getattr(parameter, "required", False):
        return "required"
    value = parameter.default
    if value is None or value == "" or value is False:
        return ""
    if value is True:
        return f"`{parameter.opts[0]}`"
    if isinstance(value, ByteSize):
        return f"`{value.human_readable()}`"
    if isinstance(value, bool | tuple):
        return f"`{json.dumps(value)}`"
    return f"`{value.value if isinstance(value, Enum) else value}`"


# Declarations


def yaml_page(descriptions: Descriptions) -> str:
    """Return the page of what may stand in the YAML of sources, tables, columns and models."""
    parts = ["# Declarations\n"]
    parts += ["What may stand in `config.meta` of the YAML files below `models/`, key by key.\n"]
    parts += [NOTE.format("the models that check the YAML")]
    for name in OWN:
        models = connector_type(name).models
        parts += _block(f"A source of the connector {name}", models.source_block, descriptions)
        parts += _block(f"A table of the connector {name}", models.table_block, descriptions)
    parts += _block("Maintenance", Policy, descriptions)
    parts += _block("Export", ExportBlock, descriptions)
    parts += _block("Refresh", RefreshBlock, descriptions)
    parts += _block("A dynamic table", DynamicTableBlock, descriptions)
    parts += _block("What a gold model counts", CountsOnly, descriptions)
    parts += _block("A column", ColumnDeclaration, descriptions)
    parts += [f"Types: {', '.join(f'`{t}`' for t in DataType.ALLOWED.split(', '))}.\n"]
    parts += ["## Airflow\n", descriptions.of("blocks", "Airflow") + "\n"]
    schedule = [
        (f"`{key}`", "cron, a preset of Airflow's, or `null`", f"`{airflow.NIGHTLY}`")
        for key in airflow.ALLOWED
    ]
    means = [(*row, descriptions.of("Airflow", row[0].strip("`"))) for row in schedule]
    return "\n".join([*parts, grid(("key", "value", "default", "means"), means)])


def _block(title: str, model: type[BaseModel], descriptions: Descriptions) -> Iterator[str]:
    yield f"## {title}\n"
    yield descriptions.of("blocks", title) + "\n"
    own_first = sorted(model.model_fields.items(), key=lambda f: f[0] not in model.__annotations__)
    rows = [_key(name, field, model, descriptions) for name, field in own_first]
    yield grid(("key", "value", "default", "means"), rows)


def _key(
    name: str, field: FieldInfo, model: type[BaseModel], descriptions: Descriptions
) -> tuple[str, str, str, str]:
    means = field.description or descriptions.of(model.__name__, field.alias or name)
    default = "required" if field.is_required() else _written(field.default)
    return f"`{field.alias or name}`", _allowed(field.annotation), default, means


def _allowed(annotation: Any) -> str:  # noqa: ANN401 - any annotation of a field
    """Return in words which values a field takes."""
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{kind}`" for kind in kinds)
    if get_origin(annotation) in {Union, UnionType}:
        return " or ".join(dict.fromkeys(map(_allowed, kinds)))
    if get_origin(annotation) is tuple:
        return _list_of(kinds[0])
    if kinds:
        return _allowed(kinds[0])
    if inspect.isclass(annotation) and issubclass(annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    words = {
        bool: "`true`, `false`",
        int: "whole number",
        ByteSize: "size, such as `64 MiB`",
        timedelta: "duration, such as `10 minutes`",
        DataType: "type",
    }
    return words.get(annotation, "text")


def _list_of(kind: Any) -> str:  # noqa: ANN401
    if kind is str:
        return "list of texts"
    is_partition = PartitionField in (kind, *get_args(kind))
    return "list of partitions" if is_partition else "list of columns"


def _written(value: object) -> str:
    """Return a default as it would be written in YAML; nothing for none."""
    if value is None or value == ():
        return ""
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        unit, size = next(pair for pair in UNITS if seconds % pair[1] == 0)
        count = seconds // size
        return f"`{count} {unit}{'' if count == 1 else 's'}`"
    if isinstance(value, ByteSize):
        return f"`{value.human_readable()}`"
    if isinstance(value, bool | tuple):
        return f"`{json.dumps(value)}`"
    return f"`{value.value if isinstance(value, Enum) else value}`"


# Tables


def tables_page(descriptions: Descriptions) -> str:
    """Return the page of the tables and columns that Firn itself makes."""
    parts = ["# Tables of Firn\n"]
    parts += ["The tables and columns that Firn makes beside those you declare.\n"]
    parts += [NOTE.format("the schemas in code and the YAML of `models/quarantine/`")]
    for name, columns in SYSTEM_TABLES.items():
        parts += [f"## {name}\n", descriptions.of("tables", name) + "\n"]
        rows = [(f"`{c}`", t, descriptions.of(name, c)) for c, t in columns.items()]
        parts += [grid(("column", "type", "means"), rows)]
    parts += ["## quarantine.<source>__rejected\n"]
    parts += [descriptions.of("tables", "quarantine.<source>__rejected") + "\n"]
    parts += [grid(("column", "type", "means"), _rejected_columns())]
    parts += ["## Columns of raw tables\n", descriptions.of("tables", "raw") + "\n"]
    rows = [(f"`{c}`", t, descriptions.of("raw", c)) for c, t in _added_columns().items()]
    return "\n".join([*parts, grid(("column", "type", "means"), rows)])


def _rejected_columns() -> Iterator[tuple[str, str, str]]:
    """Yield the columns of a quarantine model as its YAML describes them."""
    file = ROOT / "models" / "quarantine" / f"{EXAMPLE}__rejected.yml"
    [model] = yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    for column in model["columns"]:
        means = column["description"].replace(f"the source {EXAMPLE}", "the source")
        yield f"`{column['name']}`", column["data_type"], means


def _added_columns() -> dict[str, str]:
    """Return what Firn adds to raw tables, those of files and topics last: column -> type."""
    added: dict[str, str] = {}
    tables = [table for source in load_sources(ROOT) for table in source.tables]
    for table in tables:
        landed = {column.name for column in table.landed_columns}
        shape = RawShape.of(table).columns
        added |= {c.name: str(c.data_type) for c in shape if c.name not in landed}
    kafka = ingestion.connectors.kafka.declaration
    messages = (*kafka.MESSAGE_COLUMNS, kafka.HEADERS_COLUMN)
    return added | {column.name: str(column.data_type) for column in messages}


def main() -> None:
    """Write all pages."""
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
    sys.stdout.write("docs/reference is written\n")


if __name__ == "__main__":
    main()
