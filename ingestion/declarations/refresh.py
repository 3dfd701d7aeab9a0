"""When models are refreshed: `config.meta.refresh`, dynamic tables -> declarations or mistakes.

Taken from dbt's graph, because a model's configuration can stand in its SQL, in YAML and in
dbt_project.yml; a mistake is named at its line in the first of these that has the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ingestion.declarations.document import Located, Mistake, read_document
from ingestion.declarations.model import Declared, Duration, Identifier, parse_duration
from ingestion.declarations.reading import explain
from lake.errors import ConfigurationError

DYNAMIC_TABLE = "dynamic_table"
DOWNSTREAM = "downstream"
SCHEDULES = ("every", "after", "finalize", "target_lag")
# Of dbt-snowflake's keys those that name what Firn has not: where Snowflake runs a refresh.
UNUSED = ("snowflake_warehouse", "snowflake_initialization_warehouse", "refresh_warehouse")
SIMILAR = 0.8  # of 1; below, a key is taken for another package's own
Node = Mapping[str, Any]
Block = TypeVar("Block", bound=BaseModel)


class RefreshMode(StrEnum):
    """How a model may be refreshed: as each run finds best, by what changed only, or anew."""

    AUTO = "auto"
    INCREMENTAL = "incremental"
    FULL = "full"


class Initialize(StrEnum):
    """When a dynamic table that was never refreshed is filled."""

    ON_CREATE = "on_create"
    ON_SCHEDULE = "on_schedule"


class Scheduler(StrEnum):
    """Whether a dynamic table is refreshed by its target lag, or only by hand."""

    ENABLE = "enable"
    DISABLE = "disable"


class OnConfigurationChange(StrEnum):
    """What dbt-snowflake does about a table that was made with other settings; no effect here."""

    APPLY = "apply"
    CONTINUE = "continue"
    FAIL = "fail"


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _lag(value: object) -> object:
    if isinstance(value, str) and value.lower() != DOWNSTREAM:
        try:
            return parse_duration(value.lower())
        except ValueError:
            pass
    elif isinstance(value, str | timedelta):
        return _lower(value)
    raise ValueError(f"{value!r} is no lag; write downstream, or for example '1 minute'")


Lag = Annotated[Literal["downstream"] | timedelta, BeforeValidator(_lag)]
Mode = Annotated[RefreshMode, BeforeValidator(_lower)]


class RefreshBlock(Declared):
    """A model's `config.meta.refresh`: when it is refreshed, and what ends or suspends that.

    Of `every`, `after`, `finalize` and `target_lag` one is given, or none, where only
    `refresh_mode` is said. `after` names tasks that must have succeeded; `finalize` names the first
    task of a graph, after whose last task this one runs whatever became of them. A task is
    suspended after so many scheduled failures in a row; 0 means never.
    """

    every: Duration | None = None
    when: Literal["stream_has_data"] | None = None
    after: Annotated[tuple[Identifier, ...], BeforeValidator(_names)] = ()
    finalize: Identifier | None = None
    target_lag: Lag | None = None
    timeout: Duration = timedelta(hours=1)
    suspend_after_failures: int = Field(default=3, ge=0)
    refresh_mode: Mode | None = None


class DynamicTableBlock(BaseModel):
    """The keys of dbt-snowflake's dynamic tables in a model's config, beside dbt's own."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    target_lag: Lag | None = None
    refresh_mode: Mode = RefreshMode.AUTO
    initialize: Annotated[Initialize, BeforeValidator(_lower)] = Initialize.ON_CREATE
    scheduler: Annotated[Scheduler, BeforeValidator(_lower)] = Scheduler.ENABLE
    on_configuration_change: Annotated[OnConfigurationChange, BeforeValidator(_lower)] = (
        OnConfigurationChange.APPLY
    )
    snowflake_warehouse: str | None = None


@dataclass(frozen=True)
class RefreshDeclaration:
    """When one model is refreshed. `is_scheduled` is False where it is refreshed only by hand."""

    model: str
    block: RefreshBlock
    is_scheduled: bool = True
    fills_at_once: bool = True
    unused_keys: tuple[str, ...] = field(default=(), compare=False)


def read_refreshes(project_dir: Path, nodes: Iterable[Node]) -> tuple[RefreshDeclaration, ...]:
    """Return the declarations of the models among dbt's nodes that are tasks, by name.

    Raises ConfigurationError that lists every mistake as `file:line: what is wrong`.
    """
    reader = _Reader(project_dir)
    models = sorted((n for n in nodes if n["resource_type"] == "model"), key=lambda n: n["name"])
    read = [(node, reader.read(node)) for node in models]
    found = {node["name"]: (node, given) for node, given in read if given is not None}
    for node, given in found.values():
        reader.check_names(node, given, set(found))
    if reader.mistakes:
        raise ConfigurationError(
            "\n".join(str(mistake) for mistake in sorted(reader.mistakes)),
            "correct the lines named; nothing was refreshed",
        )
    return tuple(given for _, given in found.values())


class _Reader:
    """Reads what nodes declare, and notes what is wrong with its place."""

    def __init__(self, project_dir: Path) -> None:
        self._places = _Places(project_dir)
        self.mistakes: list[Mistake] = []

    def read(self, node: Node) -> RefreshDeclaration | None:
        """Return what a model declares, None when that makes no task of it, or is wrong."""
        config = node["config"]
        is_dynamic = config.get("materialized") == DYNAMIC_TABLE
        given = (config.get("meta") or {}).get("refresh")
        block = RefreshBlock() if given is None else self._block(node, RefreshBlock, given)
        dynamic = self._dynamic(node) if is_dynamic else DynamicTableBlock()
        if block is None or dynamic is None:
            return None
        if given is not None:
            self._check_schedule(node, block, is_dynamic)
        if is_dynamic and dynamic.target_lag:
            block = block.model_copy(update={"target_lag": dynamic.target_lag})
        has_schedule = any(getattr(block, key) for key in SCHEDULES)
        if not (has_schedule or is_dynamic):
            return None
        return RefreshDeclaration(
            node["name"],
            block,
            is_scheduled=has_schedule and dynamic.scheduler is Scheduler.ENABLE,
            fills_at_once=dynamic.initialize is Initialize.ON_CREATE,
            unused_keys=tuple(key for key in UNUSED if config.get(key)) if is_dynamic else (),
        )

    def check_names(self, node: Node, given: RefreshDeclaration, tasks: set[str]) -> None:
        """Note tasks that are named and are none, or are the task itself."""
        block = given.block
        named = [*(("after", name) for name in block.after)]
        named += [("finalize", block.finalize)] if block.finalize else []
        for key, name in named:
            if name == given.model:
                self._note(node, ("meta", "refresh", key), f"{key}: a task cannot wait for itself")
            elif name not in tasks:
                near = get_close_matches(name, tasks, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                self._note(node, ("meta", "refresh", key), f"{key}: {name!r} is no task{hint}")

    def _check_schedule(self, node: Node, block: RefreshBlock, is_dynamic: bool) -> None:
        given = [key for key in SCHEDULES if getattr(block, key)]
        if is_dynamic and given:
            self._note(
                node,
                ("meta", "refresh", given[0]),
                f"{given[0]}: a dynamic table is scheduled by its config's target_lag",
            )
        elif len(given) > 1:
            said = f"{given[1]}: {' and '.join(given)} contradict each other; keep one"
            self._note(node, ("meta", "refresh", given[1]), said)
        elif not given and block.refresh_mode is None and not is_dynamic:
            said = f"one of {', '.join(SCHEDULES)} is missing"
            self._note(node, ("meta", "refresh"), said)
        if block.when and not (block.every or block.after):
            self._note(node, ("meta", "refresh", "when"), "when: goes with every or after")

    def _dynamic(self, node: Node) -> DynamicTableBlock | None:
        ours = [*DynamicTableBlock.model_fields, *UNUSED]
        for key in node["config"]:
            near = get_close_matches(key, ours, n=1, cutoff=SIMILAR)
            if near and key not in ours:
                self._note(node, (key,), f"unknown key {key!r}; did you mean {near[0]!r}?")
        return self._block(node, DynamicTableBlock, node["config"], ())

    def _block(
        self,
        node: Node,
        model: type[Block],
        values: object,
        path: tuple[str, ...] = ("meta", "refresh"),
    ) -> Block | None:
        try:
            return model.model_validate(values)
        except ValidationError as error:
            for detail in error.errors():
                key = tuple(str(part) for part in detail["loc"][:1])
                self._note(node, (*path, *key), explain(model, detail))
            return None

    def _note(self, node: Node, path: tuple[str, ...], message: str) -> None:
        file, line = self._places.of(node, path)
        where = "config" + "".join(f".{part}" for part in path[:2] if part in {"meta", "refresh"})
        self.mistakes.append(Mistake(file, line, f"{node['name']}, {where}: {message}"))


class _Places:
    """Where in a project's files something stands that a model is configured by."""

    def __init__(self, project_dir: Path) -> None:
        self._project_dir = project_dir
        self._document = cache(self._read)

    def of(self, node: Node, path: tuple[str, ...]) -> tuple[Path, int]:
        """Return file and line of a key below `config`: in the model's YAML, else in its SQL."""
        patch = node.get("patch_path")
        if patch:
            file = Path(patch.split("://", 1)[1])
            for item in self._items(file, node["name"]):
                block = item.get("config", *path[:1])
                if block is not None:
                    return file, item.line_of(("config", *path))
        return self._in_sql(node, path)

    def _in_sql(self, node: Node, path: tuple[str, ...]) -> tuple[Path, int]:
        file = Path(node["original_file_path"])
        text = (self._project_dir / file).read_text(encoding="utf-8")
        for key in reversed(path):
            for number, line in enumerate(text.splitlines(), start=1):
                if key in line:
                    return file, number
        return file, 1

    def _items(self, file: Path, name: str) -> Iterator[Located]:
        document = self._document(file)
        models = document.get("models") if document else None
        yield from (
            item for item in (models.items() if models else ()) if item.text("name") == name
        )

    def _read(self, file: Path) -> Located | None:
        document, _ = read_document(self._project_dir / file)
        return document
