"""Which exports gold models declare: `config.meta.export` in the YAML -> exports, or all mistakes.

A model has one block or a list of them; each is a file of the model's table, written by
`firn export --declared` and after each publication.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationError

from ingestion.declarations.document import Located, Mistake, read_document
from ingestion.declarations.model import Declared
from ingestion.declarations.reading import explain
from lake.errors import ConfigurationError
from lake.lake import Identifier
from operations.dbt.manifest import GOLD
from operations.exports.destinations.choice import require_destination
from operations.exports.filters.parsing import parse_filter
from operations.exports.formats.base import ExportFormat

MODELS = Path("models")
BLOCK = ("config", "meta", "export")


def _destination(where: str) -> str:
    try:
        require_destination(where)
    except ConfigurationError as error:
        raise ValueError(error.message) from None
    return where


def _filter(text: str) -> str:
    try:
        parse_filter(text)
    except ConfigurationError as error:
        raise ValueError(error.message) from None
    return text


class ExportBlock(Declared):
    """What one export writes: a format, a folder of the project or s3://bucket/prefix, a filter."""

    format: ExportFormat = ExportFormat.CSV
    to: Annotated[str, AfterValidator(_destination)]
    where: Annotated[str, AfterValidator(_filter)] | None = None
    raw_text: bool = False


@dataclass(frozen=True)
class DeclaredExport:
    """An export of a gold table, and where it is declared, as `file:line`."""

    table: Identifier
    block: ExportBlock
    declared_at: str

    @property
    def label(self) -> str:
        """What is written where, for messages."""
        return f"{'.'.join(self.table)} as {self.block.format.value} to {self.block.to}"


def load_exports(project_dir: Path) -> tuple[DeclaredExport, ...]:
    """Read the exports of all models below `project_dir`/models, by file and line.

    Raises ConfigurationError that lists every mistake as `file:line: what is wrong`.
    """
    mistakes: list[Mistake] = []
    declared: list[DeclaredExport] = []
    for path in sorted((project_dir / MODELS).rglob("*.y*ml")):
        document, _ = read_document(path)  # YAML that is none is dbt's and ingestion's to say
        if document is not None:
            declared += _Reader(path.relative_to(project_dir), mistakes).models(document)
    if mistakes:
        raise ConfigurationError(
            "\n".join(str(mistake) for mistake in sorted(mistakes)),
            "correct the lines named; nothing was exported",
        )
    return tuple(declared)


class _Reader:
    """Reads one file and notes what is wrong in its export blocks."""

    def __init__(self, file: Path, mistakes: list[Mistake]) -> None:
        self._file = file
        self._mistakes = mistakes

    def models(self, document: Located) -> Iterator[DeclaredExport]:
        """Yield the exports of a file's models."""
        models = document.get("models")
        for model in models.items() if models else []:
            self._note_misplaced(model)
            found = [(block, self._block(model, block)) for block in _blocks(model)]
            exports = [(at, block) for at, block in found if block is not None]
            self._note_layer(model)
            self._note_doubles(model, exports)
            for at, block in exports:
                table = (GOLD, model.text("name"))
                yield DeclaredExport(table, block, f"{self._file}:{at.line}")

    def _block(self, model: Located, block: Located) -> ExportBlock | None:
        try:
            return ExportBlock.model_validate(block.plain())
        except ValidationError as error:
            for detail in error.errors():
                self._note(model, block.line_of(detail["loc"]), explain(ExportBlock, detail))
            return None

    def _note_layer(self, model: Located) -> None:
        block = model.get(*BLOCK)
        layer = self._file.relative_to(MODELS).parts[0]
        if block is not None and layer != GOLD:
            self._note(model, block.line, f"only gold is exported, this model is in {layer}")

    def _note_doubles(self, model: Located, exports: Sequence[tuple[Located, ExportBlock]]) -> None:
        """Note exports of one model that would write the same file."""
        seen: set[tuple[str, ExportFormat]] = set()
        for at, block in exports:
            file = (block.to.rstrip("/"), block.format)
            if file in seen:
                self._note(model, at.line, f"another export writes {block.format} to {block.to}")
            seen.add(file)

    def _note_misplaced(self, model: Located) -> None:
        for path in (("meta", "export"), ("export",)):
            if misplaced := model.get(*path):
                self._mistakes.append(
                    Mistake(
                        self._file,
                        misplaced.line,
                        f"{model.text('name')}: export belongs under config.meta",
                    )
                )

    def _note(self, model: Located, line: int, problem: str) -> None:
        message = f"{model.text('name')}, config.meta.export: {problem}"
        self._mistakes.append(Mistake(self._file, line, message))


def _blocks(model: Located) -> list[Located]:
    """Return the blocks of a model: one, or a list of them."""
    block = model.get(*BLOCK)
    if block is None:
        return []
    return block.items() if isinstance(block.value, list) else [block]
