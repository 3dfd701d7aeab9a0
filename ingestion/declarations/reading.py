"""All declarations of a project: models/raw/*.yml -> source declarations, or all mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ingestion.declarations.checks import check_table
from ingestion.declarations.document import Located, Mistake, read_document
from ingestion.declarations.model import (
    IDENTIFIER,
    ColumnDeclaration,
    PersonalData,
    SourceDeclaration,
    SourceIngestion,
    TableDeclaration,
    TableIngestion,
)
from ingestion.errors import ConfigurationError

FOLDER = Path("models") / "raw"
Block = TypeVar("Block", bound=BaseModel)


def load_sources(project_dir: Path) -> tuple[SourceDeclaration, ...]:
    """Return every source declared in `project_dir`/models/raw, by name.

    Raises ConfigurationError that lists every mistake as `file:line: what is wrong`.
    """
    mistakes: list[Mistake] = []
    found = [
        _FileReader(file.relative_to(project_dir), mistakes).read(file)
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

    def __init__(self, file: Path, mistakes: list[Mistake]) -> None:
        self._file = file
        self._mistakes = mistakes

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
        ingestion = self._block(SourceIngestion, block, f"source {name}")
        tables_block = source.get("tables")
        tables = tables_block.items() if tables_block else []
        self._note_duplicates(tables, "table")
        if ingestion is None:
            return None
        declared = [self._table(name, ingestion, table) for table in tables]
        return self._build(
            SourceDeclaration,
            source,
            {
                "name": name,
                "file": self._file,
                "connector": ingestion.connector,
                "connection": ingestion.connection,
                "upstream_schema": ingestion.upstream_schema,
                "tables": tuple(table for table in declared if table is not None),
            },
        )

    def _table(
        self, source: str, defaults: SourceIngestion, table: Located
    ) -> TableDeclaration | None:
        name = table.text("name")
        block = table.get("config", "meta", "ingestion")
        if block is None:
            self._note(table.line, f"table {name}: config.meta.ingestion is missing")
            return None
        ingestion = self._block(TableIngestion, block, f"table {name}")
        columns_block = table.get("columns")
        located = columns_block.items() if columns_block else []
        self._note_duplicates(located, "column")
        columns = [self._column(name, column) for column in located]
        if ingestion is None or None in columns:
            return None
        values = {
            **ingestion.model_dump(exclude={"table", "partition_by"}),
            "source": source,
            "name": name,
            "upstream_schema": defaults.upstream_schema,
            "upstream_table": ingestion.table or name,
            "partition_by": ingestion.partition_by,
            "new_columns": ingestion.new_columns or defaults.new_columns,
            "settle": ingestion.settle if ingestion.settle is not None else defaults.settle,
            "columns": tuple(columns),
        }
        declaration = self._build(TableDeclaration, table, values)
        if declaration is not None:
            for path, message in check_table(declaration):
                line = table.line_of(("config", "meta", "ingestion", *path))
                self._note(line, f"table {name}: {message}")
        return declaration

    def _column(self, table: str, column: Located) -> ColumnDeclaration | None:
        personal = column.get("config", "meta", "personal_data")
        if misplaced := column.get("meta", "personal_data") or column.get("personal_data"):
            where = f"table {table}, column {column.text('name')}"
            self._note(misplaced.line, f"{where}: personal_data belongs under config.meta")
        return self._build(
            ColumnDeclaration,
            column,
            {
                "name": column.text("name"),
                "data_type": column.text("data_type"),
                "personal_data": personal.plain() if personal else None,
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
    if detail["loc"] == ("personal_data",):
        return at.line_of(("config", "meta", "personal_data"))
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


__all__ = ["IDENTIFIER", "PersonalData", "load_sources"]
