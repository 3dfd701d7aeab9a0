"""What upkeep each table gets: `config.meta.maintenance` in the YAML -> policies, or all mistakes.

A source's block holds for all its tables and for what is kept of them in quarantine.<source>, a
table's or a model's own block for it alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from ingestion.declarations.document import Located, Mistake, read_document
from ingestion.declarations.model import Declared, Duration
from ingestion.declarations.reading import explain
from lake.errors import ConfigurationError

MODELS = Path("models")
BLOCK = ("config", "meta", "maintenance")
CONSUMED = "remove_consumed_after"
SHORTEST_WAIT = timedelta(hours=24)


def _long_enough(wait: timedelta) -> timedelta:
    if wait < SHORTEST_WAIT:
        raise ValueError(
            "at least 24 hours: a younger file may belong to a commit that is still being made"
        )
    return wait


class Policy(Declared):
    """When a table is worth some work, and what is kept in any case.

    `compact_above`: compact when so many data, delete or manifest files are more than needed.
    `expire_after`, `keep_last`: expire snapshots that are older, but keep so many. What a stream
    still needs is kept beyond both. `remove_orphans_after`: remove files in the table's folder that
    no snapshot knows and that are older. `remove_consumed_after`, of a raw table that is not loaded
    in full: remove rows so long after every reader has them; otherwise they stay.
    `keep_publications`: of a gold table, keep what the last so many publications have.
    """

    compact_above: int = Field(default=10, ge=1)
    expire_after: Duration = timedelta(days=7)
    keep_last: int = Field(default=10, ge=1)
    remove_orphans_after: Annotated[Duration, AfterValidator(_long_enough)] = timedelta(days=3)
    remove_consumed_after: Duration | None = None
    keep_publications: int = Field(default=20, ge=1)


@dataclass(frozen=True)
class Policies:
    """The policies of a project: those declared by table, such as gold.sales_daily."""

    declared: Mapping[str, Policy]

    def of(self, table: str) -> Policy:
        """Return the policy of a table; one that is not declared has the defaults."""
        return self.declared.get(table, Policy())


def load_policies(project_dir: Path) -> Policies:
    """Read the policies of all sources and models below `project_dir`/models.

    Raises ConfigurationError that lists every mistake as `file:line: what is wrong`.
    """
    mistakes: list[Mistake] = []
    declared: dict[str, Policy] = {}
    for path in sorted((project_dir / MODELS).rglob("*.y*ml")):
        document, _ = read_document(path)  # YAML that is none is dbt's and ingestion's to say
        if document is not None:
            reader = _Reader(path.relative_to(project_dir), mistakes)
            declared |= reader.sources(document) | reader.models(document)
    if mistakes:
        raise ConfigurationError(
            "\n".join(str(mistake) for mistake in sorted(mistakes)),
            "correct the lines named; nothing was changed in the lake",
        )
    return Policies(declared)


class _Reader:
    """Reads one file and notes what is wrong in its maintenance blocks."""

    def __init__(self, file: Path, mistakes: list[Mistake]) -> None:
        self._file = file
        self._mistakes = mistakes

    def sources(self, document: Located) -> dict[str, Policy]:
        """Return the policies of a dbt sources file by table."""
        found = {}
        for source in _items(document, "sources"):
            defaults = self._values(source)
            if defaults:
                of_rejected = {**defaults, CONSUMED: None}
                found[f"quarantine.{source.text('name')}"] = Policy(**of_rejected)
            for table in _items(source, "tables"):
                values = {**defaults, **self._values(table)}
                if values.get(CONSUMED) is not None and _is_loaded_in_full(table):
                    self._note(
                        table if table.get(*BLOCK) else source,
                        f"{CONSUMED}: the table is loaded in full, which would bring the rows back",
                    )
                if values:
                    found[f"{source.text('schema')}.{table.text('name')}"] = Policy(**values)
        return found

    def models(self, document: Located) -> dict[str, Policy]:
        """Return the policies of a file of models; a model's layer is its first folder."""
        layer = self._file.relative_to(MODELS).parts[0]
        found = {}
        for model in _items(document, "models"):
            values = self._values(model)
            if CONSUMED in values:
                self._note(model, f"{CONSUMED} is for raw tables; a model keeps its rows")
            if values:
                found[f"{layer}.{model.text('name')}"] = Policy(**values)
        return found

    def _values(self, item: Located) -> dict[str, Any]:
        """Return the block of a source, table or model, or nothing and a mistake for each error."""
        self._note_misplaced(item)
        block = item.get(*BLOCK)
        if block is None:
            return {}
        try:
            policy = Policy.model_validate(block.plain())
        except ValidationError as error:
            for detail in error.errors():
                message = f"{item.text('name')}, config.meta.maintenance: {explain(Policy, detail)}"
                self._mistakes.append(Mistake(self._file, block.line_of(detail["loc"]), message))
            return {}
        return policy.model_dump(exclude_unset=True)

    def _note(self, item: Located, problem: str) -> None:
        block = item.get(*BLOCK)
        line = block.line_of((CONSUMED,)) if block else item.line
        message = f"{item.text('name')}, config.meta.maintenance: {problem}"
        self._mistakes.append(Mistake(self._file, line, message))

    def _note_misplaced(self, item: Located) -> None:
        for path in (("meta", "maintenance"), ("maintenance",)):
            if misplaced := item.get(*path):
                message = f"{item.text('name')}: maintenance belongs under config.meta"
                self._mistakes.append(Mistake(self._file, misplaced.line, message))


def _is_loaded_in_full(table: Located) -> bool:
    load = table.get("config", "meta", "ingestion", "load")
    return load is not None and load.plain() == "full"


def _items(parent: Located, key: str) -> Iterator[Located]:
    found = parent.get(key)
    yield from found.items() if found else ()
