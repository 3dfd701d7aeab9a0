"""Firn's gold models as plain queries: files of the project -> SQL, key and columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import cast

import jinja2
import yaml

from operations.derivation import Upstream, tables_of

PROJECT = Path(__file__).parents[4]
LAYERS = {"silver": "silver", "intermediate": "silver", "gold": "gold"}


@dataclass(frozen=True)
class Model:
    """A gold model as dbt compiles it."""

    name: str
    sql: str
    key: tuple[str, ...]

    def upstreams(self, *changed: str) -> dict[str, Upstream]:
        """Return the tables it reads; without names, all of them changed."""
        tables = tables_of(self.sql)
        return {each: upstream(each, not changed or each in changed) for each in tables}


def upstream(table: str, is_changed: bool) -> Upstream:
    """Return a table as a refresh would name it."""
    columns = columns_of(table.split(".")[1])
    if not is_changed:
        return Upstream(columns, table)
    short = table.replace(".", "_")
    return Upstream(columns, table, f"{table} version as of 1", f"{short}_ins", f"{short}_del")


@cache
def columns_of(name: str) -> tuple[str, ...]:
    """Return the columns of a model or seed as its YAML names them."""
    found_files = (PROJECT.glob(f"{folder}/**/{name}.yml") for folder in ("models", "seeds"))
    file = next(chain.from_iterable(found_files))
    described = yaml.safe_load(file.read_text())
    found = (described.get("models") or described.get("seeds"))[0]
    return tuple(each["name"] for each in found["columns"])


@dataclass
class Rendering:
    """One model being rendered, with what its config says."""

    config: dict[str, object] = field(default_factory=dict)
    ephemeral: dict[str, str] = field(default_factory=dict)

    def configure(self, **given: object) -> str:
        """Stand for `config()`."""
        self.config.update(given)
        return ""

    def ref(self, name: str) -> str:
        """Return the table of a model, or the CTE of an ephemeral one."""
        layer = layer_of(name)
        file = next(PROJECT.glob(f"models/**/{name}.sql"), None)
        if file is None or "materialized='ephemeral'" not in file.read_text():
            return f"{layer}.{name}"
        if name not in self.ephemeral:
            inner = Rendering(ephemeral=self.ephemeral)
            self.ephemeral[name] = inner.render(file)
        return f"__dbt__cte__{name}"

    def render(self, file: Path) -> str:
        """Return the SQL of a model's file."""
        return (
            environment()
            .from_string(macros() + file.read_text())
            .render(
                config=self.configure,
                ref=self.ref,
            )
        )


def layer_of(name: str) -> str:
    """Return the schema of a model or seed."""
    file = next(PROJECT.glob(f"models/**/{name}.sql"), None)
    return LAYERS[file.relative_to(PROJECT).parts[1]] if file else "seeds"


@cache
def environment() -> jinja2.Environment:
    """Return dbt's way to read a template."""
    return jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701 - SQL


@cache
def macros() -> str:
    """Return the macros that models call."""
    folders = ("expressions", "relations")
    files = [each for name in folders for each in sorted((PROJECT / "macros" / name).glob("*.sql"))]
    return "".join(each.read_text() for each in files)


def gold_models() -> Iterator[Model]:
    """Yield all gold models."""
    for file in sorted(PROJECT.glob("models/gold/**/*.sql")):
        rendering = Rendering()
        sql = rendering.render(file)
        key = rendering.config["unique_key"]
        names = (key,) if isinstance(key, str) else tuple(cast("list[str]", key))
        yield Model(file.stem, with_ephemeral(sql, rendering.ephemeral), names)


def with_ephemeral(sql: str, ephemeral: dict[str, str]) -> str:
    """Return a query with the ephemeral models that it reads as CTEs, as dbt puts them."""
    ctes = ", ".join(f"__dbt__cte__{name} as (\n{inner}\n)" for name, inner in ephemeral.items())
    return f"with {ctes} select * from ({sql})" if ctes else sql
