"""`firn maintain` as a person sees it: names -> plans -> a rehearsal, or the work -> a report."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from rich.console import Console

from lake.errors import ConfigurationError, FirnError, LoadError
from lake.lake import Lake
from lake.settings import Settings
from operations.cli.loading import progress_bar
from operations.cli.maintenance_report import print_work
from operations.maintenance.plan import TablePlan, plan_table
from operations.maintenance.policies import load_policies
from operations.maintenance.procedures import Work, apply_plan, rehearse_plan
from operations.maintenance.retained_snapshots import positions
from operations.monitoring.tables import all_tables
from operations.runtime.sql_engine import Spark

if TYPE_CHECKING:
    from pyiceberg.table import Table


def maintain_lake(
    settings: Settings, names: Sequence[str], out: Console, *, apply: bool = False
) -> None:
    """Maintain the named tables or namespaces (none named: all) and print what was done for each.

    Without `apply` nothing is changed and what would be done is printed. Raises ConfigurationError
    before anything else if a policy or a name is wrong; after all tables were tried, LoadError
    naming those that failed.
    """
    plans = plan_lake(settings, names)
    done: list[Work] = []
    failures: list[str] = []
    with progress_bar(out) as bar, Spark(settings) as spark:
        task = bar.add_task("starting Spark", total=len(plans))
        for plan in plans:
            bar.update(task, description=f"maintaining {plan.name}")
            try:
                done.append(apply_plan(spark, plan) if apply else rehearse_plan(spark, plan))
            except FirnError as error:
                failures.append(f"{plan.name}: {error.message}")
            bar.advance(task)
    print_work(out, plans, done, is_applied=apply)
    if failures:
        raise LoadError(
            "\n".join(failures),
            "a table that was written to meanwhile can simply be maintained again;"
            " nothing of a table is lost by a step that failed",
        )


def plan_lake(settings: Settings, names: Sequence[str] = ()) -> list[TablePlan]:
    """Return what is to be done for the named tables or namespaces, by name; nothing is changed.

    Raises ConfigurationError for policies and names that are wrong.
    """
    policies = load_policies(settings.project_dir)
    tables = {".".join(table.name()): table for table in all_tables(Lake(settings).catalog)}
    needed = positions(list(tables.values()))
    folders = {name: table.location() for name, table in tables.items()}
    return [
        plan_table(tables[name], policies.of(name), needed.get(name, ()), folders)
        for name in _chosen(tables, names)
    ]


def _chosen(tables: "dict[str, Table]", names: Sequence[str]) -> Iterator[str]:
    known = {*tables, *(name.split(".")[0] for name in tables)}
    if unknown := [name for name in names if name not in known]:
        raise ConfigurationError(
            "; ".join(_unknown(name, known) for name in unknown),
            f"choose from: {', '.join(sorted(known)) or '(the lake is empty)'}",
        )
    for name in sorted(tables):
        if not names or {name, name.split(".")[0]} & set(names):
            yield name


def _unknown(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"there is no table or namespace {name!r} in the lake{hint}"
