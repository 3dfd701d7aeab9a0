"""All declarations of a project: models/raw/*.yml -> source declarations, or all mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ingestion.declarations.checks import check_table
from ingestion.declarations.document import Located, Mistake, read_document
from ingestion.declarations.model import (
    ColumnDeclaration,
    DeclarationModels,
    Infinity,
    SourceDeclaration,
    TableDeclaration,
)
from lake.errors import ConfigurationError

FOLDER = Path("models") / "raw"
# They stand in `config.meta` of a column.
COLUMN_META = ("personal_data", "path", "infinity", "truncate", "as")
Block = TypeVar("Block", bound=BaseModel)


def read_sources(
    project_dir: Path, connectors: Mapping[str, DeclarationModels]
) -> tuple[SourceDeclaration, ...]:
    """Return every source declared in `project_dir`/models/raw, by name.

    `connectors` are the models to declare a source by, by the connector's name. Raises
    ConfigurationError that lists every mistake as `file:line: what is wrong`.
    """
    mistakes: list[Mistake] = []
    found = [
        _FileReader(file.relative_to(project_dir), mistakes, connectors).read(file)
        for file in sorted((project_dir / FOLDER).glob("*.y*ml"))
    ]
    if mistakes:
        raise ConfigurationError(
            "\n".join(str(mistake) for mistake in sorted(mistakes)),
            "correct the lines named; nothing was read or written",
        )
    return tuple(source for source in found if source is not None)


class _FileReader:
    """Reads one file of models/raw and notes what is wrong in it."""

    def __init__(
        self, file: Path, mistakes: list[Mistake], connectors: Mapping[str, DeclarationModels]
    ) -> None:
        self._file = file
        self._mistakes = mistakes
        self._connectors = connectors

    def read(self, path: Path) -> SourceDeclaration | None:
        document, mistakes = read_document(path)
        self._mistakes += [Mistake(self._file, m.line, m.message) for m in mistakes]
        sources = document.get("sources") if document else None
        ours = [source for source in (sources.items() if sources else []) if _is_ingested(source)]
        if len(ours) > 1:
            self._note(ours[1].line, "a second source; one file declares one source")
        return self._source(ours[0]) if ours else None

    def _source(self, source: Located) -> SourceDeclaration | None:
        name = source.text("name")
        if name != self._file.stem:
            line = source.line_of(("name",))
            self._note(line, f"the source is called {name!r}, its file {self._file.name}")
        if source.text("schema") != f"raw_{name}":
            line = source.line_of(("schema",))
            self._note(line, f"schema is {source.text('schema')!r}, must be 'raw_{name}'")
        block = source.get("config", "meta", "ingestion")
        if block is None:
            self._note(source.line, f"source {name}: config.meta.ingestion is missing")
            return None
        tables_block = source.get("tables")
        tables = tables_block.items() if tables_block else []
        self._note_duplicates(tables, "table")
        connector = block.text("connector")
        models = self._connectors.get(connector)
        if models is None:
            line = block.line_of(("connector",))
            allowed = ", ".join(self._connectors)
            self._note(line, f"source {name}: connector is {connector!r}; allowed: {allowed}")
            return None
        defaults = self._block(models.source_block, block, f"source {name}")
        declared = []
        for table in tables:
            ingestion = self._table_block(models.table_block, table)
            columns = self._columns(table)
            if defaults and ingestion and columns is not None:
                values = ingestion.declared(table.text("name"), defaults)
                declared.append(self._table(models, name, table, {**values, "columns": columns}))
        if defaults is None:
            return None
        values = {
            "name": name,
            "file": self._file,
            "connector": connector,
            "tables": tuple(table for table in declared if table is not None),
            **defaults.declared(),
        }
        return self._build(models.source, source, values)

    def _table_block(self, model: type[Any], table: Located) -> Any:  # noqa: ANN401
        name = table.text("name")
        block = table.get("config", "meta", "ingestion")
        if block is None:
            self._note(table.line, f"table {name}: config.meta.ingestion is missing")
            return None
        return self._block(model, block, f"table {name}")

    def _table(
        self, models: DeclarationModels, source: str, table: Located, values: dict[str, object]
    ) -> TableDeclaration | None:
        name = table.text("name")
        declaration = self._build(models.table, table, {**values, "source": source, "name": name})
        if declaration is not None:
            for path, message in (*check_table(declaration), *models.check(declaration)):
                line = table.line_of(("config", "meta", "ingestion", *path))
                self._note(line, f"table {name}: {message}")
        return declaration

    def _columns(self, table: Located) -> tuple[ColumnDeclaration, ...] | None:
        """Return the declared columns, None when one of them is wrong."""
        block = table.get("columns")
        located = block.items() if block else []
        self._note_duplicates(located, "column")
        columns = [self._column(table.text("name"), column) for column in located]
        whole = tuple(column for column in columns if column is not None)
        return whole if len(whole) == len(columns) else None

    def _column(self, table: str, column: Located) -> ColumnDeclaration | None:
        meta = {
            key: block.plain()
            for key in COLUMN_META
            if (block := column.get("config", "meta", key))
        }
        if "infinity" in meta and meta["infinity"] is None:
            meta["infinity"] = Infinity.NULL  # YAML reads `null` as nothing
        if misplaced := column.get("meta", "personal_data") or column.get("personal_data"):
            where = f"table {table}, column {column.text('name')}"
            self._note(misplaced.line, f"{where}: personal_data belongs under config.meta")
        return self._build(
            ColumnDeclaration,
            column,
            {
                "name": column.text("name"),
                "data_type": column.text("data_type"),
                **meta,
            },
            f"table {table}, column {column.text('name')}",
        )

    def _block(self, model: type[Block], block: Located, where: str) -> Block | None:
        return self._build(model, block, block.plain(), f"{where}, config.meta.ingestion")

    def _build(
        self, model: type[Block], at: Located, values: object, where: str = ""
    ) -> Block | None:
        """Make a `model` of `values`, or note each of its errors at its own line below `at`."""
        try:
            return model.model_validate(values)
        except ValidationError as error:
            for detail in error.errors():
                place = f"{where}: " if where else ""
                self._note(_line(at, detail), place + explain(model, detail))
            return None

    def _note_duplicates(self, items: Sequence[Located], kind: str) -> None:
        seen: set[str] = set()
        for item in items:
            name = item.text("name")
            if name in seen:
                self._note(item.line, f"{kind} {name!r} is declared twice")
            seen.add(name)

    def _note(self, line: int, message: str) -> None:
        self._mistakes.append(Mistake(self._file, line, message))


def _is_ingested(source: Located) -> bool:
    """Whether anything in the source, its tables included, asks for ingestion by Firn."""
    tables = source.get("tables")
    blocks = [source, *(tables.items() if tables else [])]
    return any(block.get("config", "meta", "ingestion") for block in blocks)


def _line(at: Located, detail: ErrorDetails) -> int:
    if detail["loc"][:1] in {(key,) for key in COLUMN_META}:
        return at.line_of(("config", "meta", *detail["loc"]))
    return at.line_of(detail["loc"])


def explain(model: type[BaseModel], detail: ErrorDetails) -> str:
    """Say what is wrong in a block, in words of the declaration, with what is allowed."""
    key = ".".join(str(part) for part in detail["loc"])
    allowed = [field.alias or name for name, field in model.model_fields.items()]
    match detail["type"]:
        case "extra_forbidden":
            near = get_close_matches(key, allowed, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            return f"unknown key {key!r}{hint} Allowed: {', '.join(allowed)}"
        case "missing":
            return f"{key!r} is missing"
        case "enum" | "literal_error" | "string_type" | "model_type" | "tuple_type" | "too_short":
            return f"{key}: {detail['msg']}"
        case _:
            return f"{key}: {detail['msg'].removeprefix('Value error, ')}"
